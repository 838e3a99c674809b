//! What Horn is built from: where its crates come from, under which licences, which are there in several versions, and that
//! the command links no network.
//!
//! Known vulnerabilities are not looked up, as a test has no network: `cargo audit` compares `Cargo.lock` with RustSec's
//! database, which it downloads from GitHub.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Licences under which a program that links a crate may be passed on, with its source or without.
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that name a file instead of a licence. The file was read: it is that licence's text.
const IN_A_FILE: [(&str, &str); 1] = [("cfg_block", "Apache-2.0")];

/// Crates that open connections, or exist only for those that do.
const NETWORK: [&str; 12] = [
    "aws-lc-rs",
    "curl",
    "h2",
    "hyper",
    "isahc",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "rustls",
    "tokio",
    "ureq",
];

/// Crates that are compiled in several versions, and what needs the older one. They were looked at: none of them passes
/// its types to Horn, and the newer ones can't stand in, as the versions are not compatible.
const SEVERAL: [(&str, &str); 5] = [
    ("darling", "enumset's macro, in Burn; only while it compiles"),
    ("darling_core", "darling"),
    ("darling_macro", "darling"),
    ("hashbrown", "Burn 0.22; the newer is for indexmap and cubecl"),
    ("syn", "macros that have not moved to version 3; only while they compile"),
];

/// The output of a command of cargo, which reads the workspace's `Cargo.lock` and no network.
fn cargo(arguments: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO")).args(arguments).arg("--offline").current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The crates that this platform's build needs.
fn packages() -> Vec<Value> {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let all: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--filter-platform", host])).unwrap();
    let used: Vec<&Value> = all["resolve"]["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    let packages = all["packages"].as_array().unwrap().iter();
    packages.filter(|package| used.contains(&&package["id"])).cloned().collect()
}

/// Does an expression such as `(MIT OR Apache-2.0) AND ISC` allow a choice of these licences?
fn allows(expression: &str) -> bool {
    fn either<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> bool {
        let mut allowed = all(words);
        while words.next_if_eq(&"OR").is_some() {
            allowed |= all(words);
        }
        allowed
    }
    fn all<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> bool {
        let mut allowed = one(words);
        while words.next_if_eq(&"AND").is_some() {
            allowed &= one(words);
        }
        allowed
    }
    fn one<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> bool {
        match words.next() {
            Some("(") => {
                let allowed = either(words);
                words.next_if_eq(&")").is_some() && allowed
            }
            Some(licence) => {
                // An exception allows more, not less.
                if words.next_if_eq(&"WITH").is_some() {
                    words.next();
                }
                LICENCES.contains(&licence)
            }
            None => false,
        }
    }
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words) && words.next().is_none()
}

#[test]
fn licences_are_read_as_they_are_written() {
    for (expression, allowed) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("ISC AND (GPL-2.0 OR MIT)", true),
        ("ISC AND (GPL-2.0 OR AGPL-3.0)", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-3.0", false),
        ("", false),
        ("MIT MIT", false),
    ] {
        assert_eq!(allows(expression), allowed, "{expression}");
    }
}

#[test]
fn crates_are_from_the_registry_and_may_be_passed_on() {
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        // The workspace's own crates have no source.
        let source = package["source"].as_str();
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert!(source.is_none_or(|source| source == registry), "{name} is from {source:?}");
        let in_a_file = IN_A_FILE.iter().find(|(known, _)| *known == name).map(|(_, licence)| *licence);
        let licence = package["license"].as_str().or(in_a_file).unwrap_or("no licence");
        assert!(allows(licence), "{name} is under {licence}");
    }
}

#[test]
fn the_command_links_no_network() {
    let tree = cargo(&["tree", "-p", "horn-cli", "-e", "normal", "--prefix", "none"]);
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"burn") && names.contains(&"horn-keras"), "{names:?}");
    let network: Vec<_> = names.into_iter().filter(|name| NETWORK.contains(name)).collect();
    assert_eq!(network, [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn several_versions_of_a_crate_are_known() {
    let tree = cargo(&["tree", "--workspace", "-e", "normal", "--prefix", "none", "--format", "{p}"]);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        versions.entry(name).or_default().insert(version);
    }
    assert!(versions.len() > 100, "{}", versions.len());
    versions.retain(|_, versions| versions.len() > 1);
    let known: BTreeSet<&str> = SEVERAL.iter().map(|(name, _)| *name).collect();
    let new: Vec<_> = versions.iter().filter(|(name, _)| !known.contains(*name)).collect();
    assert!(new.is_empty(), "look whether one version would do, else add these to the list: {new:?}");
    let gone: Vec<_> = known.iter().filter(|name| !versions.contains_key(*name)).collect();
    assert!(gone.is_empty(), "these have one version now, so take them off the list: {gone:?}");
}
