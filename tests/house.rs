//! The order of modules: imports point down only, between crates, between the top-level modules of `horn-nn` (the
//! rooms), and between files; and they name the module that defines the item.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use source::{Module, absolute, code, collect, paths, used};

/// The crates from the bottom up. Crates in the same line may not depend on each other.
const CRATES: [&[&str]; 8] = [
    &["horn-kernels"],
    &["horn-nn"],
    &["horn-train"],
    &["horn-data"],
    &["horn-keras", "horn-plot"],
    &["horn-callbacks"],
    &["horn"],
    &["horn-cli"],
];

/// The top-level modules of `horn-nn` from the bottom up. Modules in the same line may not import each other.
const ROOMS: [&[&str]; 14] = [
    &["not_finite", "printable"],
    &["error"],
    &["device", "files", "memory", "tensor", "registry"],
    &["arguments", "random", "activations", "data"],
    &["initializers", "regularizers", "constraints", "images", "windows"],
    &["layer"],
    &["operations"],
    &["graph"],
    &["ops"],
    &["summary"],
    &["model"],
    &["saving"],
    &["layers"],
    &["applications"],
];

#[test]
fn crates_depend_on_lower_ones_only() {
    for (name, level) in levels(&CRATES) {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("\n[").find_map(|part| part.strip_prefix("dependencies]")).unwrap();
        for line in dependencies.lines() {
            let dependency = line.split(['.', ' ', '=']).next().unwrap();
            if let Some(other) = level_of(&CRATES, dependency) {
                assert!(other < level, "{name} depends on {dependency}, which is not below it");
            }
        }
    }
    let all = fs::read_dir(root().join("crates")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(all.count(), levels(&CRATES).count(), "a crate has no place in the order");
}

#[test]
fn rooms_import_lower_ones_only() {
    let house = House::of_crate("horn-nn");
    assert_eq!(house.upward(), [] as [String; 0]);
    let rooms: BTreeSet<&str> = house.texts.keys().filter_map(|module| module.first()).map(String::as_str).collect();
    assert_eq!(rooms, levels(&ROOMS).map(|(room, _)| room).collect(), "a room has no place in the order");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for (name, _) in levels(&CRATES) {
        assert_eq!(House::of_crate(name).all_imports().circle(), None, "crates/{name}");
    }
}

/// At every depth: the modules of a folder, each with all below it, stand on each other.
#[test]
fn no_folders_import_each_other_in_a_circle() {
    for (name, _) in levels(&CRATES) {
        let house = House::of_crate(name);
        let imports = house.all_imports();
        for folder in house.folders() {
            assert_eq!(imports.of_children(&folder).circle(), None, "crates/{name}/src/{}", folder.join("/"));
        }
    }
    let mut house = House::of_crate("horn-train");
    let module: Module = ["callbacks", "early_stopping"].map(str::to_owned).to_vec();
    house.texts.insert(module, code("use crate::running::fit::Fit;"));
    assert!(house.all_imports().of_children(&[]).circle().is_some());
}

#[test]
fn an_import_that_runs_up_is_found() {
    let mut house = House::of_crate("horn-nn");
    for (module, import, up) in [
        ("layer::description", "use crate::layers::core_layers::dense::Dense;", true),
        ("layer::description", "use crate::{error::Result, model::{model::Model}};", true),
        ("layer::description", "fn f() { crate::graph::plan::g() }", true),
        ("layer::description", "use super::super::graph::plan;", true),
        ("initializers::normal", "use crate::regularizers::norms::L1;", true),
        ("layers::nested", "use crate::layer::description::Layer;", false),
        ("layer::description", "#[cfg(test)]\nmod tests {\n    use crate::layers::Dense;\n}", false),
        ("layer::description", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n\nuse crate::graph::plan;", true),
        ("layer::description", "/// See `crate::layers::Dense`.", false),
    ] {
        let module: Module = module.split("::").map(str::to_owned).collect();
        house.texts.insert(module.clone(), code(import));
        assert_eq!(house.upward_of(&module).len(), usize::from(up), "{import}");
    }
    let mut house = House::of_crate("horn-nn");
    let lower: Module = ["tensor", "shape"].map(str::to_owned).to_vec();
    house.texts.insert(lower, code("use crate::tensor::any_tensor::AnyTensor;"));
    assert!(house.all_imports().circle().is_some());
}

/// The first lines of a room's `mod.rs` say which rooms it imports: all of them, or those of the highest level, "and below".
#[test]
fn rooms_say_what_they_import() {
    let house = House::of_crate("horn-nn");
    for (room, _) in levels(&ROOMS) {
        let path = root().join("crates/horn-nn/src").join(room).join("mod.rs");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let modules = house.texts.keys().filter(|module| module[0] == room);
        let imported: BTreeSet<String> =
            modules.flat_map(|module| house.imports(module)).map(|m| m[0].clone()).collect();
        let imported: BTreeSet<&str> = imported.iter().map(String::as_str).filter(|other| *other != room).collect();
        assert!(says(&text, &imported), "{}: it imports {imported:?}", path.display());
    }
    let imported = BTreeSet::from(["error", "tensor", "device"]);
    for (text, right) in [
        ("// Imports `tensor`, `device` and `error`.\n", true),
        ("//! A room. Imports `device`,\n//! `tensor` and below. More.\nuse x;", true),
        ("//! Imports `tensor` and below.", false),
        ("//! Imports `tensor` and `error`.", false),
        ("//! A room.\n\n// Imports `device`, `error`, `graph` and `tensor`.", false),
        ("//! A room.", false),
    ] {
        assert_eq!(says(text, &imported), right, "{text}");
    }
}

/// Do the first lines of a module say that it imports these rooms?
fn says(text: &str, imported: &BTreeSet<&str>) -> bool {
    let lines = text.lines().take_while(|line| line.is_empty() || line.starts_with("//") || line.starts_with("#!"));
    let lines: Vec<&str> = lines.map(|line| line.trim_start_matches(['/', '!', ' '])).collect();
    let lines = lines.join(" ");
    let Some((said, _)) = lines.split_once("Imports ").and_then(|(_, rest)| rest.split_once('.')) else { return false };
    let named: BTreeSet<&str> = said.split('`').skip(1).step_by(2).collect();
    let highest = imported.iter().filter_map(|room| level_of(&ROOMS, room)).max();
    let is_named = |room: &&&str| !said.ends_with("and below") || level_of(&ROOMS, room) == highest;
    named == imported.iter().filter(is_named).copied().collect()
}

#[test]
fn imports_name_the_module_that_defines_the_item() {
    for (name, _) in levels(&CRATES) {
        // The other crates have private modules behind the interface of a folder. The root of a crate is for its users.
        let only_root = name != "horn-nn";
        let found = House::of_crate(name).re_exports(only_root);
        assert_eq!(found, [] as [String; 0], "crates/{name}: imports of re-exports");
    }
    let mut house = House::of_crate("horn-nn");
    for (import, is_re_export) in [
        ("use crate::Shape;", true),
        ("use crate::{by_rank, error::Result};", false),
        ("use crate::{by_rank, Result};", true),
        ("use crate::layers::Dense;", true),
        ("use crate::layers::core_layers::{self, Dense};", true),
        ("use crate::layers::core_layers::dense::Dense;", false),
        ("use crate::layers::registry::{classes, from_config};", false),
        ("fn f() {\n    use super::super::Layer;\n}", true),
        ("pub use crate::layers::Dense;", false),
        ("use $crate::{BuiltFor, Mode};", false),
    ] {
        let module: Module = ["applications", "vgg16"].map(str::to_owned).to_vec();
        house.texts.insert(module.clone(), code(import));
        assert_eq!(house.re_exports_of(&module, false).len(), usize::from(is_re_export), "{import}");
    }
}

/// A path in these documents may begin with the short name of a crate.
#[test]
fn documents_name_files_that_exist() {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "benches", "examples", "fuzz"] {
        files_in(&root().join(folder), &mut files);
    }
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let sources = quoted.filter(|path| path.ends_with(".rs") && !path.contains(['{', ' ', '(']));
        // Not the files that a reader is to add.
        for path in sources.filter(|path| !path.contains("my_") && !path.contains("FAMILY")) {
            assert!(files.iter().any(|file| is_meant(path, file)), "{document} names {path}");
        }
    }
    assert!(is_meant("train/history.rs", "crates/horn-train/src/history.rs"));
    assert!(is_meant("graph/plan.rs", "crates/horn-nn/src/graph/plan.rs"));
    assert!(!is_meant("plan.rs", "crates/horn-nn/src/floorplan.rs"));
}

/// Does a document mean this file by this path?
fn is_meant(path: &str, file: &str) -> bool {
    let in_crate = path.split_once('/').map(|(name, rest)| format!("crates/horn-{name}/src/{rest}"));
    format!("/{file}").ends_with(&format!("/{path}")) || in_crate.is_some_and(|whole| file == whole)
}

/// The paths of the files in a folder, from the root of the repository.
fn files_in(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            files_in(&path, files);
        } else {
            files.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// What a metric accumulates stays on the device: a batch that waited for it would cost more than its step.
#[test]
fn metrics_read_from_the_device_for_results_alone() {
    let house = House::of_crate("horn-train");
    let metrics = house.texts.iter().filter(|(module, _)| module[0] == "metrics");
    let readers: BTreeSet<&str> = metrics.flat_map(|(_, text)| readers(text)).collect();
    assert_eq!(readers, BTreeSet::from(["read", "result", "results", "state"]));
    assert_eq!(readers_of_a_bad_metric(), ["update_state", "update_masked"]);
}

fn readers_of_a_bad_metric() -> Vec<&'static str> {
    readers(
        "fn update_state(&mut self) { let area: fn(&[f32]) = f; self.sum += x.into_scalar::<f32>(); }
         fn update_masked(&mut self) { for value in x.to_data().iter::<f32>() {} }
         fn reset_state(&mut self) {}",
    )
}

/// The names of the functions that read a tensor.
fn readers(text: &str) -> Vec<&str> {
    let reads = ["to_data(", "into_scalar"].into_iter().flat_map(|read| text.match_indices(read));
    let mut reads: Vec<usize> = reads.map(|(at, _)| at).collect();
    reads.sort_unstable();
    let name = |at: usize| {
        let (_, after) = text[..at].rsplit_once("fn ").unwrap_or(("", ""));
        after.split(['(', '<']).next().unwrap_or("")
    };
    reads.into_iter().map(name).collect()
}

/// The modules of a crate, with their source text.
struct House {
    texts: BTreeMap<Module, String>,
    /// The source text of the crate's root, which may import everything.
    root: String,
}

impl House {
    fn of_crate(name: &str) -> Self {
        let mut texts = BTreeMap::new();
        let source = root().join("crates").join(name).join("src");
        collect(&source, &source, &mut texts);
        let root = texts.remove(&Vec::new()).unwrap_or_default();
        Self { texts, root }
    }

    /// The modules that a module imports from.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let paths = paths(&self.texts[module]).into_iter();
        let resolved = paths.filter_map(|path| self.resolve(module, &path));
        resolved.filter(|other| other != module).collect()
    }

    /// The imports of items from a module that does not define them, or only those from the crate's root.
    fn re_exports(&self, only_root: bool) -> Vec<String> {
        self.texts.keys().flat_map(|module| self.re_exports_of(module, only_root)).collect()
    }

    fn re_exports_of(&self, module: &Module, only_root: bool) -> Vec<String> {
        let mut found = Vec::new();
        for path in used(&self.texts[module], false) {
            // Others are of another crate.
            if !matches!(path[0].as_str(), "crate" | "self" | "super") {
                continue;
            }
            let whole = absolute(module, &path);
            let modules = (0..whole.len()).rev().find(|length| self.is_module(&whole[..*length]));
            let Some(length) = modules else { continue };
            let (home, item) = (&whole[..length], whole[length].as_str());
            let is_module = self.texts.contains_key(&whole) || item == "self";
            let is_left_out = is_module || home == module || (only_root && length > 0);
            if !is_left_out && !self.defines(home, item) {
                found.push(format!("{} imports {}", module.join("::"), path.join("::")));
            }
        }
        found
    }

    /// Is there such a module? The crate's root is one.
    fn is_module(&self, module: &[String]) -> bool {
        module.is_empty() || self.texts.contains_key(module)
    }

    /// Does the module define the item? Where it has no modules below it, a macro may do so in another form.
    fn defines(&self, module: &[String], item: &str) -> bool {
        const KINDS: [&str; 9] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod", "macro_rules!"];
        let ends = |c: char| !c.is_alphanumeric() && c != '_';
        let is_here = |text: &str, kinds: &[&str]| {
            kinds.iter().map(|kind| format!("{kind} {item}")).any(|definition| {
                text.match_indices(&definition).any(|(at, _)| {
                    text[..at].chars().next_back().is_none_or(ends) && text[at + definition.len()..].starts_with(ends)
                })
            })
        };
        let Some(text) = self.texts.get(module) else {
            // Exported macros are at the root, wherever they are defined.
            return is_here(&self.root, &KINDS) || self.texts.values().any(|text| is_here(text, &KINDS[8..]));
        };
        let is_folder = self.texts.keys().any(|other| other.len() > module.len() && other.starts_with(module));
        let is_exported = |path: Vec<String>| path.len() > 1 && path.last().is_some_and(|last| last == item);
        is_here(text, &KINDS) || !is_folder && !used(text, true).into_iter().any(is_exported)
    }

    /// The module that a path refers to, if it is in this crate.
    fn resolve(&self, module: &Module, path: &[String]) -> Option<Module> {
        let mut whole = match path.first()?.as_str() {
            "crate" | "self" | "super" => absolute(module, path),
            _ => [module, path].concat(),
        };
        let is_relative = !matches!(path[0].as_str(), "crate" | "self" | "super");
        while !self.texts.contains_key(&whole) {
            whole.pop()?;
        }
        // A path that starts with the name of another crate would resolve to the module itself.
        (!is_relative || whole.len() > module.len()).then_some(whole)
    }

    /// The imports that do not point to a lower module.
    fn upward(&self) -> Vec<String> {
        self.texts.keys().flat_map(|module| self.upward_of(module)).collect()
    }

    fn upward_of(&self, module: &Module) -> Vec<String> {
        let level = |module: &Module| level_of(&ROOMS, &module[0]);
        let imports = self.imports(module).into_iter();
        let up = imports.filter(|other| module[0] != other[0] && level(other) >= level(module));
        up.map(|other| format!("{} imports {}", module.join("::"), other.join("::"))).collect()
    }

    /// The modules that have others below them. The crate's root is one.
    fn folders(&self) -> BTreeSet<Module> {
        self.texts.keys().flat_map(|module| (0..module.len()).map(|length| module[..length].to_vec())).collect()
    }

    /// What each module imports.
    fn all_imports(&self) -> Imports {
        Imports(self.texts.keys().map(|module| (module.clone(), self.imports(module))).collect())
    }
}

/// The modules that each module imports.
#[derive(Default)]
struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    /// What the modules right below a folder import of each other, each with all that is below it.
    fn of_children(&self, folder: &[String]) -> Self {
        let depth = folder.len() + 1;
        let child =
            |module: &Module| (module.len() >= depth && module.starts_with(folder)).then(|| module[..depth].to_vec());
        let mut children = Self::default();
        for (module, imports) in &self.0 {
            let Some(own) = child(module) else { continue };
            let others = imports.iter().filter_map(child).filter(|other| *other != own);
            children.0.entry(own.clone()).or_default().extend(others.collect::<Vec<_>>());
        }
        children
    }

    /// Finds a cycle of modules, each of which imports the next.
    fn circle(&self) -> Option<String> {
        let mut open: BTreeMap<&Module, &BTreeSet<Module>> = self.0.iter().collect();
        // A module that imports nothing that is still open is in no cycle.
        loop {
            let done: Vec<&Module> = open
                .iter()
                .filter(|(_, imports)| !imports.iter().any(|other| open.contains_key(other)))
                .map(|(m, _)| *m)
                .collect();
            if done.is_empty() {
                break;
            }
            open.retain(|module, _| !done.contains(module));
        }
        let mut at = open.keys().next().copied()?;
        let mut way: Vec<&Module> = Vec::new();
        while !way.contains(&at) {
            way.push(at);
            at = self.0.keys().find(|other| open[at].contains(*other) && open.contains_key(*other))?;
        }
        let start = way.iter().position(|module| *module == at)?;
        Some(way[start..].iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" -> "))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn levels<'a>(order: &'a [&'a [&'a str]]) -> impl Iterator<Item = (&'a str, usize)> {
    order.iter().enumerate().flat_map(|(level, names)| names.iter().map(move |name| (*name, level)))
}

fn level_of(order: &[&[&str]], name: &str) -> Option<usize> {
    order.iter().position(|names| names.contains(&name))
}
