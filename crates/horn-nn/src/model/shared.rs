//! Weights of a layer that a model shares with the models inside of it. In Keras, they are one set; here, each place of the
//! layer has its own, with the same values. The first place learns, and the others follow it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use crate::model::model::Model;
use crate::tensor::any_tensor::AnyTensor;

impl Model {
    /// The model, in which weights of several places are one: for each, its indices in [`weights`](Self::weights), in
    /// ascending order.
    #[doc(hidden)]
    #[must_use]
    pub fn with_shared_weights(mut self, shared: Vec<Vec<usize>>) -> Self {
        Arc::make_mut(&mut self.graph).shared = shared;
        self
    }

    /// The weights that are at several places, those of the models inside included: their indices in
    /// [`weights`](Self::weights).
    #[doc(hidden)]
    pub fn shared_weights(&self) -> Vec<Vec<usize>> {
        let mut shared = self.graph.shared.clone();
        let mut start = 0;
        for layer in self.layers() {
            for places in layer.as_model().map(Self::shared_weights).unwrap_or_default() {
                shared.push(places.into_iter().map(|at| start + at).collect());
            }
            start += layer.weights().len();
        }
        shared
    }

    /// The weights that follow another one, which has the gradients of all.
    #[doc(hidden)]
    pub fn followers(&self) -> HashMap<ParamId, ParamId> {
        let shared = self.shared_weights();
        if shared.is_empty() {
            return HashMap::new();
        }
        let ids: Vec<ParamId> = self.weights().map(|weight| weight.id()).collect();
        shared.iter().flat_map(|places| places[1..].iter().map(|&at| (ids[at], ids[places[0]]))).collect()
    }

    /// The model, whose weights at several places have the values of the first place.
    #[doc(hidden)]
    #[must_use]
    pub fn following(self) -> Self {
        let followers = self.followers();
        if followers.is_empty() {
            return self;
        }
        let mut first = First { ids: followers.values().copied().collect(), values: HashMap::new() };
        self.visit(&mut first);
        self.map(&mut Follow { followers, values: first.values })
    }
}

/// The values of the weights that others follow.
struct First {
    ids: HashSet<ParamId>,
    values: HashMap<ParamId, AnyTensor>,
}

impl ModuleVisitor for First {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.ids.contains(&param.id) {
            self.values.insert(param.id, param.val().detach().into());
        }
    }
}

struct Follow {
    followers: HashMap<ParamId, ParamId>,
    values: HashMap<ParamId, AnyTensor>,
}

impl ModuleMapper for Follow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = self.followers.get(&param.id).and_then(|first| self.values.get(first)?.clone().float::<D>().ok());
        match value {
            Some(value) => param.map(|old| value.set_require_grad(old.is_require_grad())),
            None => param,
        }
    }
}
