//! The source text of modules, and the paths in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The names on the way from the crate's root to a module.
pub type Module = Vec<String>;

/// Reads the modules in a folder. Test modules are not checked.
pub fn collect(source: &Path, folder: &Path, texts: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(source, &path, texts);
            continue;
        }
        let relative = path.strip_prefix(source).unwrap().with_extension("");
        let mut module: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if matches!(module.last().unwrap().as_str(), "mod" | "lib" | "main") {
            module.pop();
        }
        let is_test = module.iter().any(|part| matches!(part.as_str(), "tests" | "testing" | "check"));
        let text = fs::read_to_string(&path).unwrap();
        if !is_test && path.extension().is_some_and(|ending| ending == "rs") {
            texts.insert(module, code(&text));
        }
    }
    texts.retain(|module, _| !is_declared_for_tests(source, module));
}

/// Is the module, or one around it, compiled only for tests?
fn is_declared_for_tests(source: &Path, module: &[String]) -> bool {
    let Some((name, parent)) = module.split_last() else { return false };
    if is_declared_for_tests(source, parent) {
        return true;
    }
    let folder = parent.iter().fold(source.to_owned(), |folder, part| folder.join(part));
    let files = [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs"), folder.join("main.rs")];
    let declared = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.windows(2).any(|pair| pair[0].starts_with("#[cfg(test)]") && pair[1].ends_with(&format!("mod {name};")))
    };
    files.iter().any(declared)
}

/// The source text without comments, and without a module of tests in it. Those in a file of their own are declared at the
/// beginning.
pub fn code(text: &str) -> String {
    let tests = text.match_indices("#[cfg(test)]\nmod ").find(|(at, _)| {
        let line = text[*at..].lines().nth(1);
        line.is_some_and(|line| line.ends_with('{'))
    });
    let (before, after) = match tests {
        Some((at, _)) => (&text[..at], text[at..].split_once("\n}").map_or("", |(_, after)| after)),
        None => (text, ""),
    };
    let lines = before.lines().chain(after.lines()).filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The path from the crate's root that a path in a module means. One that does not begin with `crate`, `self` or `super`
/// stays as it is.
pub fn absolute(module: &[String], path: &[String]) -> Module {
    match path[0].as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [module, &path[1..]].concat(),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            [&module[..module.len().saturating_sub(up)], &path[up..]].concat()
        }
        _ => path.to_vec(),
    }
}

/// The paths of a module's `use` lines, of those that export or of the others. Macros write `$crate`, which is no path.
pub fn used(text: &str, exporting: bool) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let before = text[..at].rsplit('\n').next().unwrap_or("").trim();
        let fits = if exporting { before.starts_with("pub") } else { before.is_empty() };
        if fits {
            path(&text[at + 4..], &[], &mut found);
        }
    }
    found
}

/// All paths of two or more parts. Each import of a group is a path.
pub fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("::") {
        let before = &rest[..at];
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let first = &before[start..];
        let length = path(&rest[start..], &[], &mut found);
        // A generic argument or a method has no name before the colons.
        let length = if first.is_empty() { 2 } else { length.max(first.len() + 2) };
        rest = &rest[start + length..];
    }
    found
}

/// Reads a path or a group of paths, which follows the parts in `before`. Returns its length.
fn path(text: &str, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if name.is_empty() {
        return 0;
    }
    let parts = [before, std::slice::from_ref(&name)].concat();
    let after = &text[name.len()..];
    let Some(next) = after.strip_prefix("::") else {
        found.push(parts);
        return name.len();
    };
    let Some(group) = next.strip_prefix('{') else {
        let length = path(next, &parts, found);
        if length == 0 {
            found.push(parts);
        }
        return name.len() + 2 + length;
    };
    let mut at = 0;
    loop {
        at += group[at..].len() - group[at..].trim_start_matches([' ', '\n', ',']).len();
        match path(&group[at..], &parts, found) {
            0 => return name.len() + 3 + at + 1,
            length => at += length,
        }
        // Skips the name after `as`.
        at += group[at..].find([',', '}']).unwrap_or(group.len() - at);
    }
}
