//! What is given for the inputs or outputs of a model by their names.

use crate::data::host_array::HostArray;
use crate::error::{Error, Result};
use crate::registry::suggest::did_you_mean;

/// Puts what was given by name into the order of the names; `None` stands where nothing was given.
///
/// # Errors
///
/// If some of it has no name, a name is not one of these, or is given twice.
pub fn by_name<T>(argument: &str, given: Vec<(Option<String>, T)>, names: &[&str]) -> Result<Vec<Option<T>>> {
    let mut ordered: Vec<Option<T>> = names.iter().map(|_| None).collect();
    for (name, value) in given {
        let Some(name) = name else {
            return Err(Error::argument("some entries have a name, and some have none")
                .at(argument)
                .expected(format!("names for all or for none: {}", names.join(", ")))
                .hint("give a name with each, as in `(\"name\", …)`"));
        };
        let Some(at) = names.iter().position(|known| *known == name) else {
            return Err(Error::argument("the model has nothing of this name")
                .at(argument)
                .received(format!("{name:?}"))
                .expected(names.join(", "))
                .hint(did_you_mean(&name, names)));
        };
        if ordered[at].replace(value).is_some() {
            return Err(Error::argument("a name is given twice")
                .at(argument)
                .received(format!("{name:?}"))
                .expected("each name once")
                .hint("remove one of the two"));
        }
    }
    Ok(ordered)
}

/// The arrays in the order of the inputs. Arrays without names are in this order already.
///
/// # Errors
///
/// As [`by_name`], and if an input has no array.
pub fn inputs_in_order<'a>(arrays: Vec<HostArray<'a>>, names: &[&str]) -> Result<Vec<HostArray<'a>>> {
    if arrays.iter().all(|array| array.name().is_none()) {
        return Ok(arrays);
    }
    let given = arrays.into_iter().map(|array| (array.name().map(str::to_owned), array)).collect();
    by_name("x", given, names)?
        .into_iter()
        .zip(names)
        .map(|(array, name)| {
            array.ok_or_else(|| {
                Error::argument("an input has no array")
                    .at("x")
                    .received(format!("none for {name:?}"))
                    .expected(names.join(", "))
                    .hint("give one array for each input of the model")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays<'a>(names: &[&str]) -> Vec<HostArray<'a>> {
        names.iter().map(|name| HostArray::new(vec![1.0_f32], [1]).unwrap().named(*name)).collect()
    }

    #[test]
    fn names_decide_on_the_order() {
        let ordered = inputs_in_order(arrays(&["b", "a"]), &["a", "b"]).unwrap();
        assert_eq!(ordered.iter().map(|array| array.name().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn names_that_do_not_fit_are_an_error() {
        let mut unnamed = arrays(&["a"]);
        unnamed.push(HostArray::new(vec![1.0_f32], [1]).unwrap());
        for (given, problem) in [
            (arrays(&["a", "c"]), "the model has nothing of this name; received \"c\", expected a, b"),
            (arrays(&["a", "a"]), "a name is given twice"),
            (arrays(&["a"]), "an input has no array; received none for \"b\""),
            (unnamed, "some entries have a name, and some have none"),
        ] {
            let error = inputs_in_order(given, &["a", "b"]).unwrap_err();
            assert_eq!(error.location(), Some("x"));
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
