//! Tests of the binary, in one executable: each executable would link all of candle again.

mod commands;
mod components;
mod damage;
mod import;
mod interrupted;
mod metrics;
mod objectives;
mod outside;
mod reference;
mod runs;
mod slurm;
mod studies;
mod support;
