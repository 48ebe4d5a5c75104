//! Builds the npm package: the inference engine for other web pages.

use anyhow::Result;

use crate::project::Project;
use crate::step::step;
use crate::{module, notices, setup};

pub(crate) const NAME: &str = "latentscope";
pub(crate) const FEATURES: &str = "engine,gpu";
/// Built files in the package, in addition to those written by hand.
const FILES: [&str; 4] =
    ["latentscope.js", "latentscope.d.ts", "latentscope_bg.wasm", "latentscope_bg.wasm.d.ts"];

pub(crate) fn run(project: &Project) -> Result<()> {
    setup::for_building(project)?;
    step("package", || {
        let built = module::build(project, NAME, FEATURES)?;
        module::copy(&built, &project.root.join("pkg"), FILES)?;
        notices::write(project, &project.root.join("pkg"), FEATURES)?;
        Ok("written to pkg/".into())
    })
}
