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

/// The crates among these that a package links.
fn network(package: &str) -> Vec<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let arguments = ["tree", "-p", package, "-e", "normal", "--prefix", "none", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"burn") && names.contains(&"horn-keras"), "{names:?}");
    names.into_iter().filter(|name| NETWORK.contains(name)).map(str::to_owned).collect()
}

/// The data of the MNIST example is in the repository.
#[test]
fn the_command_and_the_example_of_mnist_link_no_network() {
    for package in ["horn-cli", "mnist"] {
        assert_eq!(network(package), [""; 0], "{package}");
    }
}
