//! Visits every world that can be reached.
//!
//! Written by hand: it is a breadth-first search in a few lines. The crates that do this (stateright is the best known)
//! bring a web server and some forty packages more, and none of what they add is needed for worlds of this size.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::attempt::{Attempt, Outcome};
use crate::case::Case;
use crate::promise::Promise;
use crate::steps::{Step, steps};
use crate::world::World;

/// What was found on the way through all worlds.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How many worlds were visited.
    pub worlds: usize,
    /// The ways in which all requests can end together.
    pub endings: HashSet<Vec<Outcome>>,
    /// The shortest way to a broken promise.
    pub finding: Option<Finding>,
}

/// A way to a broken promise.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What broke.
    pub promise: Promise,
    /// The steps to it.
    pub steps: Vec<Step>,
}

/// Visits every world that can be reached, until a promise breaks.
pub fn explore(case: &Case) -> Explored {
    let start = World::new(case);
    let mut reached: HashMap<World, usize> = HashMap::from([(start.clone(), 0)]);
    let mut came_from: Vec<Option<(usize, Step)>> = vec![None];
    let (mut layer, mut endings) = (vec![(0, start)], HashSet::new());
    while !layer.is_empty() {
        let mut next_layer = Vec::new();
        for (from, world) in layer {
            if let Some(promise) = world.broken(case) {
                let finding = Some(Finding { promise, steps: way_to(from, &came_from) });
                return Explored { worlds: reached.len(), endings, finding };
            }
            endings.extend(ending(&world));
            for (step, next) in steps(&world, case) {
                if !reached.contains_key(&next) {
                    let place = came_from.len();
                    came_from.push(Some((from, step)));
                    reached.insert(next.clone(), place);
                    next_layer.push((place, next));
                }
            }
        }
        layer = next_layer;
    }
    Explored { worlds: reached.len(), endings, finding: None }
}

fn ending(world: &World) -> Option<Vec<Outcome>> {
    world.attempts.iter().map(Attempt::outcome).collect()
}

fn way_to(mut place: usize, came_from: &[Option<(usize, Step)>]) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some(Some((from, step))) = came_from.get(place) {
        steps.push(*step);
        place = *from;
    }
    steps.reverse();
    steps
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.promise)?;
        self.steps.iter().try_for_each(|step| write!(formatter, "\n  {step}"))
    }
}
