//! That the command links no network. Licences, sources and versions of crates are checked by `cargo deny`, for which
//! `deny.toml` says what is allowed.

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

#[test]
fn the_command_links_no_network() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let arguments = ["tree", "-p", "horn-cli", "-e", "normal", "--prefix", "none", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"burn") && names.contains(&"horn-keras"), "{names:?}");
    let network: Vec<_> = names.into_iter().filter(|name| NETWORK.contains(name)).collect();
    assert_eq!(network, [""; 0]);
}
