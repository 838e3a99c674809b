//! Products of tensors: `matmul`, `dot`, `einsum`.

use burn::tensor::{EinsumOperand, Tensor};
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::broadcast::{joined, known, with_rank};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::{shape_of, sizes_of, tensor_of};
use crate::operations::primitives::exact_products::product_of_integers;
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::{Shape, Values, list};

/// `matmul(x1, x2)`: the last two axes are matrices, those before broadcast. A tensor of one axis is a row on the left, and a
/// column on the right. `dot(x1, x2)` is the same for a second tensor of at most two axes.
#[derive(Clone, Copy)]
pub(crate) enum Product {
    Dot,
    Matmul,
}

impl Product {
    /// The shape of the product, for tensors of at least one axis.
    fn sizes(self, x: &[Option<usize>], y: &[Option<usize>]) -> Result<Vec<Option<usize>>> {
        let misfit = || {
            Error::shape("the matrices do not fit each other")
                .received(list(&[Shape::new(x), Shape::new(y)]))
                .expected("as many columns of the first as the second has rows")
                .hint("transpose one of them, or change its size")
        };
        if x.is_empty() || y.is_empty() {
            return Err(misfit());
        }
        if matches!(self, Self::Dot) && y.len() > 2 {
            return Err(Error::shape("the second tensor has too many axes")
                .received(Shape::new(y))
                .expected("at most two axes")
                .hint("use `matmul` or `einsum`"));
        }
        let (rows, columns) = (x.len() > 1, y.len() > 1);
        let inner = [x[x.len() - 1], y[y.len() - if columns { 2 } else { 1 }]];
        if let [Some(one), Some(other)] = inner
            && one != other
        {
            return Err(misfit());
        }
        let leading = |sizes: &[Option<usize>]| sizes[..sizes.len().saturating_sub(2)].to_vec();
        let mut output = match self {
            Self::Matmul => joined(&leading(x), &leading(y))?,
            Self::Dot => leading(x),
        };
        output.extend(rows.then(|| x[x.len() - 2]));
        output.extend(columns.then(|| y[y.len() - 1]));
        Ok(output)
    }

    /// The product as an equation, for tensors of so many axes: `abRI,bIC->abRC`, with a small letter
    /// for each leading axis.
    fn equation(x: usize, y: usize) -> String {
        let leading: Vec<char> = ('a'..='z').take(x.max(y).saturating_sub(2)).collect();
        let of = |rank: usize| leading[leading.len() - rank.saturating_sub(2)..].iter().collect::<String>();
        let (row, column) = (if x > 1 { "R" } else { "" }, if y > 1 { "C" } else { "" });
        format!("{}{row}I,{}I{column}->{}{row}{column}", of(x), of(y), of(x.max(y)))
    }
}

impl Rule for Product {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let [x, y] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (x, y) = (sizes_of(x)?, sizes_of(y)?);
        // The sizes are checked.
        self.sizes(&x, &y)?;
        Ok(vec![product_of_integers(call, &Self::equation(x.len(), y.len()), kinds)?])
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [x, y] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (x, y) = (shape_of(x)?, shape_of(y)?);
        let sizes = self.sizes(x.sizes(), y.sizes())?;
        Ok(vec![Shape::new(sizes).with_values(x.values().joined(y.values()))])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (class, device) = (call.class, call.tensors_device()?);
        let arguments = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let tensors = <[AnyTensor; 2]>::try_from(arguments.collect::<Result<Vec<_>>>()?);
        let [x, y] = tensors.map_err(|_| no_tensor(class))?;
        let output: Vec<usize> = self.sizes(&known(&x), &known(&y))?.into_iter().flatten().collect();
        let (of_x, of_y) = (x.sizes(), y.sizes());
        let inner = of_x.last().copied().unwrap_or(1) as u64;
        memory::check_work("the product", memory::values(&output).saturating_mul(inner), &[&of_x, &of_y])?;
        let x = if x.rank() == 1 { with_rank(x, 2)? } else { x };
        let y = match y.sizes().as_slice() {
            &[rows] => y.reshape(&[rows, 1])?,
            _ => y,
        };
        // A product with one matrix for all is one product of matrices.
        let (rows, columns) = (x.sizes()[x.rank() - 1], y.sizes()[y.rank() - 1]);
        if y.rank() == 2 {
            let count = x.sizes()[..x.rank() - 1].iter().product();
            let product = x.reshape(&[count, rows])?.float::<2>()?.matmul(y.float()?);
            return Ok(vec![AnyTensor::from(product).reshape(&output)?]);
        }
        let rank = x.rank().max(y.rank());
        let leading = |x: &AnyTensor| known(x)[..x.rank() - 2].to_vec();
        let leading: Vec<usize> = joined(&leading(&x), &leading(&y))?.into_iter().flatten().collect();
        let whole = |x: AnyTensor, columns: usize| {
            let matrix = [x.sizes()[x.rank() - 2], columns];
            with_rank(x, rank)?.expand(&[&leading[..], &matrix].concat())
        };
        let (x, y) = (whole(x, rows)?, whole(y, columns)?);
        let product = by_rank!(x, |x| y.float().map(|y| AnyTensor::from(x.matmul(y))))??;
        Ok(vec![product.reshape(&output)?])
    }
}

/// `einsum(subscripts, *operands)`.
pub(crate) struct Einsum;

impl Einsum {
    /// The equation with letters for the axes of an ellipsis, and the letters of each operand and of the output.
    fn parse(subscripts: &str, ranks: &[usize]) -> Result<(Vec<Vec<char>>, Vec<char>)> {
        let invalid = || {
            Error::argument("the equation does not fit the tensors")
                .received(format!("{subscripts:?} for tensors of {ranks:?} axes"))
                .expected("a letter for each axis, and letters of the inputs in the output, as \"bij,bjk->bik\"")
                .hint("write the letters of each tensor, separated by commas, and those of the output after ->")
        };
        let subscripts: String = subscripts.chars().filter(|letter| !letter.is_whitespace()).collect();
        let (operands, output) = match subscripts.split_once("->") {
            Some((operands, output)) => (operands, Some(output)),
            None => (subscripts.as_str(), None),
        };
        let operands: Vec<&str> = operands.split(',').collect();
        if operands.len() != ranks.len() {
            return Err(invalid());
        }
        let used: Vec<char> = subscripts.chars().filter(char::is_ascii_alphabetic).collect();
        let mut unused = ('a'..='z').chain('A'..='Z').filter(|letter| !used.contains(letter));
        let elided = |term: &str, rank: usize| {
            let letters = term.chars().filter(char::is_ascii_alphabetic).count();
            term.contains("...").then(|| rank.checked_sub(letters))
        };
        // Ellipses are aligned at their last axes.
        let mut longest = 0;
        for (term, &rank) in operands.iter().zip(ranks) {
            if let Some(count) = elided(term, rank) {
                longest = longest.max(count.ok_or_else(invalid)?);
            }
        }
        let shared: Vec<char> = unused.by_ref().take(longest).collect();
        if shared.len() < longest {
            return Err(invalid());
        }
        let letters = |term: &str, count: usize| -> Option<Vec<char>> {
            let (before, after) = term.split_once("...").unwrap_or((term, ""));
            let hidden = if term.contains("...") { &shared[longest - count..] } else { &[] };
            let all: Vec<char> = before.chars().chain(hidden.iter().copied()).chain(after.chars()).collect();
            all.iter().all(char::is_ascii_alphabetic).then_some(all)
        };
        let mut terms = Vec::new();
        for (term, &rank) in operands.iter().zip(ranks) {
            let count = elided(term, rank).flatten().unwrap_or(0);
            let term = letters(term, count).filter(|letters| letters.len() == rank).ok_or_else(invalid)?;
            terms.push(term);
        }
        let output = match output {
            Some(output) => letters(output, longest).ok_or_else(invalid)?,
            // Without an output: the letters that occur once, sorted, after those of the ellipsis.
            None => {
                let count = |letter: char| used.iter().filter(|&&own| own == letter).count();
                let mut once: Vec<char> = used.iter().copied().filter(|&letter| count(letter) == 1).collect();
                once.sort_unstable();
                [shared.clone(), once].concat()
            }
        };
        if output.is_empty() || output.len() > MAX_RANK {
            return Err(invalid());
        }
        let distinct = (1..output.len()).all(|at| !output[..at].contains(&output[at]));
        let known = output.iter().all(|letter| terms.iter().flatten().any(|own| own == letter));
        match distinct && known {
            true => Ok((terms, output)),
            false => Err(invalid()),
        }
    }

    /// The shape of the output, and the equation without ellipses.
    fn plan<T>(call: &Call<T>, shapes: &[Vec<Option<usize>>]) -> Result<(Vec<Option<usize>>, String)> {
        let subscripts =
            call.parameter("subscripts").as_str().ok_or_else(|| call.invalid("subscripts", "an equation"))?;
        let ranks: Vec<usize> = shapes.iter().map(Vec::len).collect();
        let (terms, output) = Self::parse(subscripts, &ranks)?;
        let mut sizes: Vec<(char, Option<usize>)> = Vec::new();
        for (&letter, &size) in terms.iter().flatten().zip(shapes.iter().flatten()) {
            match sizes.iter_mut().find(|(own, _)| *own == letter) {
                None => sizes.push((letter, size)),
                Some((_, own)) => match (*own, size) {
                    (Some(one), Some(other)) if one != other && one != 1 && other != 1 => {
                        return Err(Error::shape("the sizes of an axis of the equation differ")
                            .received(format!("{one} and {other} for {letter:?} in {subscripts:?}"))
                            .expected("one size for each letter")
                            .hint("change the equation, or the tensors"));
                    }
                    (Some(1) | None, size) => *own = size.or(*own),
                    _ => {}
                },
            }
        }
        let size = |letter: &char| sizes.iter().find(|(own, _)| own == letter).and_then(|(_, size)| *size);
        let text = |letters: &[char]| letters.iter().collect::<String>();
        let operands: Vec<String> = terms.iter().map(|term| text(term)).collect();
        Ok((output.iter().map(size).collect(), format!("{}->{}", operands.join(","), text(&output))))
    }
}

impl Rule for Einsum {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let sizes = call.arguments().iter().map(sizes_of).collect::<Result<Vec<_>>>()?;
        let (_, equation) = Self::plan(&call, &sizes)?;
        Ok(vec![product_of_integers(call, &equation, kinds)?])
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let sizes: Vec<_> = shapes.iter().map(|shape| shape.sizes().to_vec()).collect();
        let values = shapes.iter().map(Shape::values).reduce(|one, other| one.joined(other)).unwrap_or_default();
        Ok(vec![Shape::new(Self::plan(call, &sizes)?.0).with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let operands = call.arguments().iter().map(|argument| tensor_of(argument.clone(), &device));
        let operands = operands.collect::<Result<Vec<_>>>()?;
        let (output, equation) = Self::plan(&call, &operands.iter().map(known).collect::<Vec<_>>())?;
        let sizes: Vec<Vec<usize>> = operands.iter().map(AnyTensor::sizes).collect();
        let sizes: Vec<&[usize]> = sizes.iter().map(Vec::as_slice).collect();
        let cost = Cost::of(&equation, &sizes);
        memory::check_workspace(cost.values, 0)?;
        memory::check_work("the product", cost.multiplications, &sizes)?;
        let operands = operands.into_iter().map(|operand| by_rank!(operand, |x| EinsumOperand::from(x)));
        let operands = operands.collect::<Result<Vec<_>>>()?;
        Ok(vec![match output.len() {
            1 => Tensor::<1>::einsum(&equation, operands).into(),
            2 => Tensor::<2>::einsum(&equation, operands).into(),
            3 => Tensor::<3>::einsum(&equation, operands).into(),
            4 => Tensor::<4>::einsum(&equation, operands).into(),
            5 => Tensor::<5>::einsum(&equation, operands).into(),
            6 => Tensor::<6>::einsum(&equation, operands).into(),
            rank => return Err(unsupported_rank(rank)),
        }])
    }
}

/// What an equation costs, whose products are made from the left to the right.
#[derive(Debug, PartialEq)]
struct Cost {
    /// Twice the most values that there are between two products: a product has the letters that are still needed, or all
    /// where the axes of one are of different sizes, as it is not a product of matrices then.
    values: u64,
    /// A product multiplies for all combinations of its letters.
    multiplications: u64,
}

impl Cost {
    /// The cost for operands of these shapes.
    fn of(equation: &str, operands: &[&[usize]]) -> Self {
        let mut cost = Self { values: 0, multiplications: 0 };
        let Some((terms, output)) = equation.split_once("->") else { return cost };
        let terms: Vec<&str> = terms.split(',').collect();
        let mut sizes: Vec<(char, usize)> = Vec::new();
        for (at, (term, operand)) in terms.iter().zip(operands).enumerate() {
            let mut repeats = false;
            for (letter, &size) in term.chars().zip(*operand) {
                match sizes.iter_mut().find(|(own, _)| *own == letter) {
                    None => sizes.push((letter, size)),
                    Some((_, own)) => {
                        repeats |= *own != size;
                        *own = size.max(*own);
                    }
                }
            }
            let needed =
                |letter: char| output.contains(letter) || terms[at + 1..].iter().any(|term| term.contains(letter));
            let all = memory::values(&sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>());
            sizes.retain(|(letter, _)| needed(*letter));
            let kept = memory::values(&sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>());
            cost.values = cost.values.max(if repeats { all } else { kept }.saturating_mul(2));
            // The first tensor is not multiplied yet.
            cost.multiplications = cost.multiplications.saturating_add(if at == 0 { 0 } else { all });
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_matrices_is_an_equation() {
        assert_eq!(Product::equation(2, 2), "RI,IC->RC");
        assert_eq!(Product::equation(4, 3), "abRI,bIC->abRC");
        assert_eq!(Product::equation(1, 3), "I,aIC->aC");
        assert_eq!(Product::equation(3, 1), "aRI,I->aR");
    }

    #[test]
    fn between_two_products_are_the_letters_that_are_still_needed() {
        let cost = |equation: &str| {
            let operands: [&[usize]; 3] = [&[2, 3], &[3, 5], &[5, 7]];
            Cost::of(equation, &operands[..equation.split(',').count()])
        };
        // 2 · 5 after the first product of the chain; without a common letter, all of both.
        assert_eq!(cost("ab,bc->ac"), Cost { values: 2 * 2 * 5, multiplications: 2 * 3 * 5 });
        assert_eq!(cost("ab,bc,cd->a"), Cost { values: 2 * 2 * 5, multiplications: 2 * 3 * 5 + 2 * 5 * 7 });
        let apart = Cost { values: 2 * 2 * 5 * 5 * 7, multiplications: 2 * 3 * 5 + 2 * 5 * 5 * 7 };
        assert_eq!(cost("ab,bc,ef->acef"), apart);
        assert_eq!(cost("ab->a"), Cost { values: 2 * 2, multiplications: 0 });
        // Two letters of different sizes, one of which is repeated: no product of matrices.
        let found = Cost::of("abc,abc->a", &[&[4, 1, 8], &[4, 8, 1]]);
        assert_eq!(found, Cost { values: 2 * 4 * 8 * 8, multiplications: 4 * 8 * 8 });
    }
}
