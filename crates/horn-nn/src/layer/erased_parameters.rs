//! The parameters of a layer, on their way across the boundary of its type: with Burn's visitors and mappers on both sides.

use std::any::Any;

use burn::module::{Flag, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor};

/// A dyn compatible version of `ModuleVisitor`.
pub(crate) trait ErasedVisitor {
    fn float(&mut self, rank: usize, param: &dyn Any);
    fn int(&mut self, rank: usize, param: &dyn Any);
    fn bool(&mut self, rank: usize, param: &dyn Any);
    fn float_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any);
    fn int_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any);
    fn bool_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any);
    fn flag(&mut self, flag: &Param<Flag>);
    fn enter(&mut self, name: &str, container_type: &str);
    fn exit(&mut self, name: &str, container_type: &str);
}

/// A dyn compatible version of `ModuleMapper`: takes the parameter out of the `Option` and puts the mapped one back.
pub(crate) trait ErasedMapper {
    fn float(&mut self, rank: usize, param: &mut dyn Any);
    fn int(&mut self, rank: usize, param: &mut dyn Any);
    fn bool(&mut self, rank: usize, param: &mut dyn Any);
    fn flag(&mut self, flag: Param<Flag>) -> Param<Flag>;
    fn enter(&mut self, name: &str, container_type: &str);
    fn exit(&mut self, name: &str, container_type: &str);
}

/// The layer's side: erases the types of the parameters that the module visits.
pub(crate) struct Visit<'a>(pub &'a mut dyn ErasedVisitor);

/// The layer's side: erases the types of the parameters that the module maps, and restores them afterwards.
pub(crate) struct Map<'a>(pub &'a mut dyn ErasedMapper);

/// The list's side: restores the types of the parameters and passes them to Burn's visitor or mapper.
pub(crate) struct Typed<'a, T>(pub &'a mut T);

const SAME_TYPE: &str = "a parameter crosses the boundary with its own rank and kind";

impl ModuleVisitor for Visit<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.float(D, param);
    }
    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.0.int(D, param);
    }
    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.0.bool(D, param);
    }
    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.0.flag(flag);
    }
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.0.enter(name, container_type);
    }
    fn exit_module(&mut self, name: &str, container_type: &str) {
        self.0.exit(name, container_type);
    }
    fn visit_float_with_path<const D: usize>(&mut self, path: &[String], id: ParamId, tensor: &Tensor<D>) {
        self.0.float_with_path(D, path, id, tensor);
    }
    fn visit_int_with_path<const D: usize>(&mut self, path: &[String], id: ParamId, tensor: &Tensor<D, Int>) {
        self.0.int_with_path(D, path, id, tensor);
    }
    fn visit_bool_with_path<const D: usize>(&mut self, path: &[String], id: ParamId, tensor: &Tensor<D, Bool>) {
        self.0.bool_with_path(D, path, id, tensor);
    }
}

impl ModuleMapper for Map<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let mut slot = Some(param);
        self.0.float(D, &mut slot);
        slot.expect(SAME_TYPE)
    }
    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        let mut slot = Some(param);
        self.0.int(D, &mut slot);
        slot.expect(SAME_TYPE)
    }
    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        let mut slot = Some(param);
        self.0.bool(D, &mut slot);
        slot.expect(SAME_TYPE)
    }
    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.0.flag(flag)
    }
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.0.enter(name, container_type);
    }
    fn exit_module(&mut self, name: &str, container_type: &str) {
        self.0.exit(name, container_type);
    }
}

/// Evaluates the expression with the rank as a constant, for all ranks that Burn's optimizers support.
macro_rules! with_rank {
    ($rank:expr, $d:ident => $body:expr) => {
        with_rank!(@ $rank, $d, $body, 0 1 2 3 4 5 6 7 8)
    };
    (@ $rank:expr, $d:ident, $body:expr, $($n:literal)*) => {
        match $rank {
            $($n => {
                const $d: usize = $n;
                $body
            })*
            rank => unreachable!("Burn has no parameters of rank {rank}"),
        }
    };
}

impl<V: ModuleVisitor> ErasedVisitor for Typed<'_, V> {
    fn float(&mut self, rank: usize, param: &dyn Any) {
        with_rank!(rank, D => self.0.visit_float::<D>(param.downcast_ref().expect(SAME_TYPE)));
    }
    fn int(&mut self, rank: usize, param: &dyn Any) {
        with_rank!(rank, D => self.0.visit_int::<D>(param.downcast_ref().expect(SAME_TYPE)));
    }
    fn bool(&mut self, rank: usize, param: &dyn Any) {
        with_rank!(rank, D => self.0.visit_bool::<D>(param.downcast_ref().expect(SAME_TYPE)));
    }
    fn float_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any) {
        with_rank!(rank, D => self.0.visit_float_with_path::<D>(path, id, tensor.downcast_ref().expect(SAME_TYPE)));
    }
    fn int_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any) {
        with_rank!(rank, D => self.0.visit_int_with_path::<D>(path, id, tensor.downcast_ref().expect(SAME_TYPE)));
    }
    fn bool_with_path(&mut self, rank: usize, path: &[String], id: ParamId, tensor: &dyn Any) {
        with_rank!(rank, D => self.0.visit_bool_with_path::<D>(path, id, tensor.downcast_ref().expect(SAME_TYPE)));
    }
    fn flag(&mut self, flag: &Param<Flag>) {
        self.0.visit_flag(flag);
    }
    fn enter(&mut self, name: &str, container_type: &str) {
        self.0.enter_module(name, container_type);
    }
    fn exit(&mut self, name: &str, container_type: &str) {
        self.0.exit_module(name, container_type);
    }
}

/// Replaces the value in the slot by the result of the function.
fn replace<T: 'static>(slot: &mut dyn Any, map: impl FnOnce(T) -> T) {
    let slot = slot.downcast_mut::<Option<T>>().expect(SAME_TYPE);
    *slot = slot.take().map(map);
}

impl<M: ModuleMapper> ErasedMapper for Typed<'_, M> {
    fn float(&mut self, rank: usize, param: &mut dyn Any) {
        with_rank!(rank, D => replace(param, |param| self.0.map_float::<D>(param)));
    }
    fn int(&mut self, rank: usize, param: &mut dyn Any) {
        with_rank!(rank, D => replace(param, |param| self.0.map_int::<D>(param)));
    }
    fn bool(&mut self, rank: usize, param: &mut dyn Any) {
        with_rank!(rank, D => replace(param, |param| self.0.map_bool::<D>(param)));
    }
    fn flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.0.map_flag(flag)
    }
    fn enter(&mut self, name: &str, container_type: &str) {
        self.0.enter_module(name, container_type);
    }
    fn exit(&mut self, name: &str, container_type: &str) {
        self.0.exit_module(name, container_type);
    }
}
