//! Einsum equations for the product of a tensor with a weight, computed as a product of matrices.

use crate::by_rank;
use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// An equation such as `abc,cd->abd`, with a letter for each axis. An ellipsis at the start or the end of the first and the
/// last part stands for axes that are kept; the parsed equation has digits for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Equation {
    input: Vec<char>,
    weight: Vec<char>,
    output: Vec<char>,
}

/// The shapes that follow from an equation and the shape of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Analysis {
    pub(super) output: Shape,
    pub(super) weight: Vec<usize>,
    /// The weight's axes that the output lacks, which are summed over.
    pub(super) input_axes: Vec<isize>,
    /// The weight's axes that the output has.
    pub(super) output_axes: Vec<isize>,
    sizes: Vec<(char, Option<usize>)>,
}

impl Equation {
    /// Reads an equation for inputs of this rank.
    pub(super) fn parse(equation: &str, rank: usize) -> Result<Self> {
        let invalid = || {
            Error::argument("the equation is not one of an input and a weight")
                .received(format!("\"{equation}\" for an input of {rank} axes"))
                .expected("\"ab,bc->ac\", \"...b,bc->...c\" or \"ab...,bc->ac...\", with a letter for each axis")
                .hint(
                    "write the letters of the input, the weight and the output; all of the weight's must be in one of \
                       the others",
                )
        };
        let (operands, output) = equation.split_once("->").ok_or_else(invalid)?;
        let (input, weight) = operands.split_once(',').ok_or_else(invalid)?;
        let without = |part: &str| {
            let bare = part.strip_prefix("...").or_else(|| part.strip_suffix("...")).unwrap_or(part);
            let letters: Vec<char> = bare.chars().collect();
            let distinct = letters.iter().enumerate().all(|(at, letter)| !letters[..at].contains(letter));
            let fits = distinct && letters.iter().all(char::is_ascii_alphabetic);
            fits.then_some(letters).ok_or_else(invalid)
        };
        let (left, right) = (input.starts_with("..."), input.ends_with("..."));
        let alike = output.starts_with("...") == left && output.ends_with("...") == right && !weight.contains('.');
        let (input, weight, output) = (without(input)?, without(weight)?, without(output)?);
        let elided = rank.checked_sub(input.len()).ok_or_else(invalid)?;
        let has_batch = if left { elided > 0 } else { !input.is_empty() && output.first() == input.first() };
        if !alike || !has_batch || elided > 0 && !(left || right) || weight.is_empty() {
            return Err(invalid());
        }
        // A weight can't have the batch axis.
        let of_batch = |letter: &char| !left && input.first() == Some(letter);
        if weight.iter().any(of_batch) {
            return Err(invalid());
        }
        let known = |letter: &char, in_one: &[char], or: &[char]| in_one.contains(letter) || or.contains(letter);
        if !weight.iter().all(|letter| known(letter, &input, &output))
            || !output.iter().all(|letter| known(letter, &input, &weight))
        {
            return Err(invalid());
        }
        let elided = (0..elided).filter_map(|at| char::from_digit(at as u32, 10));
        let with = |letters: Vec<char>| -> Vec<char> {
            match left {
                true => elided.clone().chain(letters).collect(),
                false => letters.into_iter().chain(elided.clone()).collect(),
            }
        };
        Ok(Self { input: with(input), weight, output: with(output) })
    }

    /// The shapes, given the sizes of the output's axes without the batch and those of the ellipsis.
    pub(super) fn analyze(&self, input: &Shape, output_shape: &[Option<usize>]) -> Result<Analysis> {
        let misfit = |what: &str| {
            Error::shape(format!("the output_shape {what}"))
                .received(format!("output_shape {output_shape:?} for {input}"))
                .expected(format!("a size for each of {}", self.named_outputs().iter().collect::<String>()))
                .hint("give the sizes of the output without the batch and the axes of the ellipsis")
        };
        let of_input = |letter: char| self.input.iter().position(|&own| own == letter).map(|at| input.sizes()[at]);
        let named = self.named_outputs();
        if named.len() != output_shape.len() {
            return Err(misfit("has too many sizes, or too few"));
        }
        let mut sizes: Vec<(char, Option<usize>)> = Vec::new();
        for &letter in &self.output {
            let given = named.iter().position(|&own| own == letter).map(|at| output_shape[at]);
            let size = match (given, of_input(letter)) {
                (Some(Some(given)), Some(Some(own))) if given != own => {
                    return Err(misfit("is not that of the input at an axis that both have"));
                }
                (Some(given), _) => given,
                (None, own) => own.flatten(),
            };
            sizes.push((letter, size));
        }
        let output = Shape::new(sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>());
        let (mut weight, mut input_axes, mut output_axes) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, &letter) in self.weight.iter().enumerate() {
            let axes = if self.output.contains(&letter) { &mut output_axes } else { &mut input_axes };
            axes.push(axis as isize);
            let size = sizes.iter().find(|(own, _)| *own == letter).and_then(|(_, size)| *size);
            match size.or_else(|| of_input(letter).flatten()) {
                Some(size) if size > 0 => weight.push(size),
                _ => return Err(misfit("leaves an axis of the weight unknown or empty")),
            }
        }
        Ok(Analysis { output, weight, input_axes, output_axes, sizes })
    }

    /// The letters of the output whose sizes are given: all but the batch and those of the ellipsis.
    fn named_outputs(&self) -> Vec<char> {
        let first = self.output[0];
        self.output.iter().copied().filter(|&letter| letter.is_alphabetic() && letter != first).collect()
    }

    /// The product of an input with the weight.
    pub(super) fn multiply(&self, x: AnyTensor, weight: AnyTensor) -> Result<AnyTensor> {
        let [input, weights, output] = [&self.input, &self.weight, &self.output];
        let only = |of: &[char], both: bool, kept: bool, other: &[char]| -> Vec<char> {
            let fits = |letter: &&char| other.contains(letter) == both && output.contains(letter) == kept;
            of.iter().filter(fits).copied().collect()
        };
        let (pairs, summed) = (only(input, true, true, weights), only(input, true, false, weights));
        let (rows, columns) = (only(input, false, true, weights), only(weights, false, true, input));
        let (x, input) = sum_over(x, input, &only(input, false, false, weights))?;

        let size_of = |letter: &char| {
            let own = input.iter().position(|own| own == letter).map(|at| x.sizes()[at]);
            own.or_else(|| weights.iter().position(|own| own == letter).map(|at| weight.sizes()[at])).unwrap_or(1)
        };
        let sizes = |letters: &[char]| letters.iter().map(size_of).collect::<Vec<_>>();
        let count = |letters: &[char]| sizes(letters).iter().product::<usize>();
        let order = |from: &[char], to: &[char]| -> Vec<usize> {
            to.iter().filter_map(|letter| from.iter().position(|own| own == letter)).collect()
        };
        let found = [&pairs[..], &rows, &columns].concat();
        let (batch, m, k, n) = (count(&pairs), count(&rows), count(&summed), count(&columns));
        let result_sizes = sizes(&found);
        let a_order = order(&input, &[&pairs[..], &rows, &summed].concat());
        let b_order = order(weights, &[&pairs[..], &summed, &columns].concat());
        let (a, b) = (x.permute(&a_order)?, weight.permute(&b_order)?);
        let product = if pairs.is_empty() {
            AnyTensor::from(a.reshape(&[m, k])?.float::<2>()?.matmul(b.reshape(&[k, n])?.float::<2>()?))
        } else {
            AnyTensor::from(a.reshape(&[batch, m, k])?.float::<3>()?.matmul(b.reshape(&[batch, k, n])?.float::<3>()?))
        };
        product.reshape(&result_sizes)?.permute(&order(&found, output))
    }

    /// The shape of a bias for these letters of the output: the axes from the first of them on, with size 1 for other letters.
    pub(super) fn bias(&self, axes: &str, analysis: &Analysis) -> Result<Vec<usize>> {
        let invalid = || {
            Error::argument("bias_axes is not valid")
                .received(format!("bias_axes \"{axes}\""))
                .expected(format!("letters of the output of known size, of {}", self.output.iter().collect::<String>()))
                .hint("name axes of the output but the batch")
        };
        let named = self.named_outputs();
        let letters: Vec<char> = axes.chars().collect();
        if letters.is_empty() || !letters.iter().all(|letter| named.contains(letter)) {
            return Err(invalid());
        }
        let after = analysis.sizes.iter().skip_while(|(letter, _)| !letters.contains(letter));
        let sizes = after.map(|(letter, size)| if letters.contains(letter) { *size } else { Some(1) });
        sizes.collect::<Option<_>>().ok_or_else(invalid)
    }
}

/// Sums over some of the axes; returns the remaining letters as well.
fn sum_over(x: AnyTensor, letters: &[char], over: &[char]) -> Result<(AnyTensor, Vec<char>)> {
    if over.is_empty() {
        return Ok((x, letters.to_vec()));
    }
    let kept = |at: &usize| !over.contains(&letters[*at]);
    let axes: Vec<usize> = (0..letters.len()).filter(|at| !kept(at)).collect();
    let sizes: Vec<usize> = (0..letters.len()).filter(kept).map(|at| x.sizes()[at]).collect();
    let sums = by_rank!(x, |x| AnyTensor::from(x.sum_dims(&axes)))?.reshape(&sizes)?;
    Ok((sums, (0..letters.len()).filter(kept).map(|at| letters[at]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_that_mean_nothing_are_errors() {
        for equation in ["ab", "ab,bc", "ab,bc->ad", "ab,dc->ac", "aab,bc->ac", "ab,bc->ca", "...b,bc->c", "a1,1c->ac"]
        {
            assert!(Equation::parse(equation, 2).unwrap_err().is_argument(), "{equation}");
        }
        assert!(Equation::parse("ab,bc->ac", 3).unwrap_err().is_argument());
    }

    #[test]
    fn shapes_follow_from_the_letters() {
        let input = Shape::batched([5, 4]);
        let equation = Equation::parse("abc,cde->abde", 3).unwrap();
        let analysis = equation.analyze(&input, &[None, Some(2), Some(3)]).unwrap();
        assert_eq!(analysis.output.to_string(), "(None, None, 2, 3)");
        assert_eq!(analysis.weight, [4, 2, 3]);
        assert_eq!((analysis.input_axes.clone(), analysis.output_axes.clone()), (vec![0], vec![1, 2]));
        assert_eq!(equation.bias("d", &analysis).unwrap(), [2, 1]);
        assert!(equation.bias("a", &analysis).is_err());
        assert!(equation.analyze(&input, &[Some(6), Some(2), Some(3)]).unwrap_err().is_shape());
        assert!(equation.analyze(&input, &[Some(2), Some(3)]).unwrap_err().is_shape());
    }
}
