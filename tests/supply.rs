//! That neither the command nor the first example links a network, and how many crates a first build has. Licences, sources
//! and versions of crates are checked by `cargo deny`, for which `deny.toml` says what is allowed.

use std::collections::BTreeSet;
use std::process::Command;

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

/// The crates of a package, with their versions.
fn crates(package: &str, edges: &str) -> BTreeSet<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let arguments = ["tree", "-p", package, "-e", edges, "--prefix", "none", "--locked", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let found = tree.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    let found: BTreeSet<String> = found.filter(|name| !name.is_empty()).collect();
    assert!(found.iter().any(|name| name.starts_with("burn v")), "{found:?}");
    found
}

#[test]
fn neither_the_command_nor_the_example_links_a_network() {
    for package in ["horn-cli", "mnist"] {
        let found = crates(package, "normal");
        let is_network = |name: &&String| NETWORK.contains(&name.split(' ').next().unwrap());
        assert_eq!(found.iter().filter(is_network).collect::<Vec<_>>(), [""; 0], "{package}");
    }
}

/// What `cargo run --release -p mnist` compiles in a fresh clone; benches/RESULTS.md has the time.
#[test]
fn a_first_build_has_at_most_200_crates() {
    let count = crates("mnist", "normal,build").len();
    assert!((100..=200).contains(&count), "{count} crates");
}
