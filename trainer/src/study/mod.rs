//! Comparing methods: the runs of a study, each of a method at a strength under a seed.
//!
//! [`Study`] is the file that people write, [`Plan`] the list of runs that it makes, [`State`] how far
//! one is, [`slurm`] a cluster's job that takes them all.

mod definition;
mod plan;
pub mod slurm;
mod state;

pub use definition::{Study, StudyError};
pub use plan::{PLAN, Plan, PlanError, Planned};
pub use state::State;
