//! Studies that compare methods: each run has a method, a strength and a seed.
//!
//! [`Study`] is the file that people write, [`Plan`] the resulting list of runs, [`State`] the progress
//! of a run, and [`slurm`] writes an array job for a cluster.

mod definition;
mod plan;
pub mod slurm;
mod state;

pub use definition::{Study, StudyError};
pub use plan::{PLAN, Plan, PlanError, Planned};
pub use state::State;
