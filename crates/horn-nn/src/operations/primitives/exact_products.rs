//! Products of tensors of integers. Floats hold none above 2²⁴ exactly, so they are computed on the host.

use crate::error::Result;
use crate::memory;
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::integers::{downloaded_integers, limited, uploaded_integers, wrapped};
use crate::operations::calls::operands::tensor_of;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Values;

/// The product that an equation such as `ab,bc->ac` says, without ellipses, of the arguments of a call. The kinds are those
/// of the arguments and of the results: int32 wraps round, and truths are whether there is any.
pub(crate) fn product_of_integers(
    call: Call<AnyTensor>,
    equation: &str,
    [given, results]: [Values; 2],
) -> Result<AnyTensor> {
    let class = call.class;
    let arguments = call.into_arguments();
    let tensor = |argument: &Argument<AnyTensor>| match argument {
        Argument::Tensor(tensor) => Some(tensor.clone()),
        _ => None,
    };
    let like = arguments.iter().find_map(tensor).ok_or_else(|| no_tensor(class))?;
    let operands = arguments.into_iter().map(|argument| Operand::new(argument, &like, given));
    let operands = operands.collect::<Result<Vec<_>>>()?;
    let (terms, output) = equation.split_once("->").ok_or_else(|| no_tensor(class))?;
    let terms: Vec<Vec<char>> = terms.split(',').map(|term| term.chars().collect()).collect();
    let product = Sums::new(&terms, output, &operands);
    let (sizes, values) = product.values(&operands)?;
    let kind = |value: i64| if results == Values::Bools { i64::from(value != 0) } else { wrapped(value, results) };
    uploaded_integers(values.into_iter().map(kind).collect(), &sizes, &like)
}

/// A tensor on the host, in row-major order.
struct Operand {
    sizes: Vec<usize>,
    values: Vec<i64>,
}

impl Operand {
    fn new(argument: Argument<AnyTensor>, like: &AnyTensor, given: Values) -> Result<Self> {
        if let Argument::Constant(Constant::Array(array)) = &argument {
            let values = array.values.iter().map(|&value| value as i64).collect();
            return Ok(Self { sizes: array.values.shape().to_vec(), values });
        }
        let tensor = tensor_of(argument, &like.device())?.integers()?;
        let sizes = tensor.sizes();
        // An integer has two times four bytes.
        memory::check_workspace(memory::values(&sizes).saturating_mul(2), 0)?;
        let values = downloaded_integers(tensor)?.into_iter().map(|value| limited(value, given)).collect();
        Ok(Self { sizes, values })
    }

    /// How far the next value along a letter is. An axis of size 1 is the same everywhere.
    fn step(&self, term: &[char], letter: char) -> usize {
        let axes = (0..term.len()).filter(|&axis| term[axis] == letter && self.sizes[axis] != 1);
        axes.map(|axis| self.sizes[axis + 1..].iter().product::<usize>()).sum()
    }
}

/// Sums of products, one for each place of the output.
struct Sums {
    /// The sizes of the letters of the output, and of those that are summed over.
    sizes: [Vec<usize>; 2],
    /// For each operand, how far the next value along each of these letters is.
    steps: [Vec<Vec<usize>>; 2],
}

impl Sums {
    fn new(terms: &[Vec<char>], output: &str, operands: &[Operand]) -> Self {
        let kept: Vec<char> = output.chars().collect();
        let mut summed: Vec<char> = Vec::new();
        for &letter in terms.iter().flatten() {
            if !kept.contains(&letter) && !summed.contains(&letter) {
                summed.push(letter);
            }
        }
        let size = |letter: char| {
            let of_term = |(term, operand): (&Vec<char>, &Operand)| {
                let axes = (0..term.len()).filter(|&axis| term[axis] == letter);
                axes.map(|axis| operand.sizes[axis]).find(|&size| size != 1)
            };
            terms.iter().zip(operands).find_map(of_term).unwrap_or(1)
        };
        let steps = |letters: &[char]| {
            let of = |(term, operand): (&Vec<char>, &Operand)| {
                letters.iter().map(|&letter| operand.step(term, letter)).collect()
            };
            terms.iter().zip(operands).map(of).collect()
        };
        let sizes = [&kept, &summed].map(|letters| letters.iter().map(|&letter| size(letter)).collect());
        Self { sizes, steps: [steps(&kept), steps(&summed)] }
    }

    /// The shape of the output, and its values.
    fn values(&self, operands: &[Operand]) -> Result<(Vec<usize>, Vec<i64>)> {
        let [places, terms] = self.sizes.each_ref().map(|sizes| memory::values(sizes));
        let tensors: Vec<&[usize]> = operands.iter().map(|operand| operand.sizes.as_slice()).collect();
        memory::check_work("the product", places.saturating_mul(terms), &tensors)?;
        let per_operand = places.saturating_add(terms).saturating_mul(operands.len() as u64);
        memory::check_workspace(per_operand.saturating_add(places).saturating_mul(2), 0)?;
        let offsets = |at: usize, operand: usize| offsets(&self.sizes[at], &self.steps[at][operand]);
        let of_operands = |at: usize| (0..operands.len()).map(|operand| offsets(at, operand)).collect::<Vec<_>>();
        let (kept, summed) = (of_operands(0), of_operands(1));
        let factor = |operand: usize, place: usize, term: usize| {
            operands[operand].values[kept[operand][place] + summed[operand][term]]
        };
        let product = |place: usize, term: usize| {
            (0..operands.len()).fold(1_i64, |product, operand| product.wrapping_mul(factor(operand, place, term)))
        };
        let sum = |place: usize| (0..terms as usize).fold(0_i64, |sum, term| sum.wrapping_add(product(place, term)));
        Ok((self.sizes[0].clone(), (0..places as usize).map(sum).collect()))
    }
}

/// Where the value of each place is, in row-major order of the places.
fn offsets(sizes: &[usize], steps: &[usize]) -> Vec<usize> {
    let mut found = vec![0];
    for (&size, &step) in sizes.iter().zip(steps) {
        found = found.iter().flat_map(|start| (0..size).map(move |at| start + at * step)).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(equation: &str, operands: &[(&[usize], &[i64])]) -> (Vec<usize>, Vec<i64>) {
        let (terms, output) = equation.split_once("->").unwrap();
        let terms: Vec<Vec<char>> = terms.split(',').map(|term| term.chars().collect()).collect();
        let operand = |(sizes, values): &(&[usize], &[i64])| Operand { sizes: sizes.to_vec(), values: values.to_vec() };
        let operands: Vec<Operand> = operands.iter().map(operand).collect();
        Sums::new(&terms, output, &operands).values(&operands).unwrap()
    }

    #[test]
    fn letters_are_kept_or_summed_over_and_axes_of_1_are_the_same_everywhere() {
        let matrix: (&[usize], &[i64]) = (&[2, 2], &[1, 2, 3, 4]);
        assert_eq!(values("ab,bc->ac", &[matrix, matrix]), (vec![2, 2], vec![7, 10, 15, 22]));
        assert_eq!(values("aa->a", &[matrix]), (vec![2], vec![1, 4]));
        assert_eq!(values("ab->ba", &[matrix]), (vec![2, 2], vec![1, 3, 2, 4]));
        assert_eq!(values("ab->", &[matrix]), (vec![], vec![10]));
        assert_eq!(values("ab,b->a", &[matrix, (&[1], &[1 << 40])]), (vec![2], vec![3 << 40, 7 << 40]));
        assert_eq!(values("ab,bc->ac", &[(&[2, 0], &[]), (&[0, 1], &[])]), (vec![2, 1], vec![0, 0]));
    }
}
