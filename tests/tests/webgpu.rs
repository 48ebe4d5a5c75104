//! The shipped models give the golden numbers on the GPU: in headless Chromium with its software adapter,
//! and natively with the machine's Vulkan adapter, if it has one.

mod shipped;

use std::rc::Rc;

use latentscope_tests::{Error, images};
use latentscope_web::engine::Engine;
use latentscope_web::engine::gpu::{Device, Gpu};
use shipped::{SHIPPED, Shipped, floats, indices};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Maximum difference, relative for values above one.
const TOLERANCE: f32 = 1e-3;

async fn shipped_models_agree(device: Device) -> Result<(), Error> {
    let device = Rc::new(device);
    for Shipped { file, weights, golden } in SHIPPED {
        let golden = safetensors::SafeTensors::deserialize(golden)?;
        let gpu = Gpu::load(&device, weights, 8).await?;
        let mean = floats(&golden, "mean")?;
        let std: Vec<f32> = floats(&golden, "log_var")?.iter().map(|v| (0.5 * v).exp()).collect();
        let codes = gpu.encode(&images(gpu.card(), &indices(&golden)?)?).await?;
        let pictures = gpu.decode(&mean).await?;
        let golden = floats(&golden, "pictures")?;
        for (name, ours, theirs) in
            [("μ", &codes.mean, &mean), ("σ", &codes.std, &std), ("pictures", &pictures, &golden)]
        {
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(theirs) {
                let difference = (ours - theirs).abs() / theirs.abs().max(1.0);
                assert!(difference <= TOLERANCE, "{file}: {name} differ, {ours} is not {theirs}");
            }
        }
    }
    Ok(())
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn shipped_models_give_the_golden_numbers_on_webgpu() {
    let device = Device::open().await.expect("Chromium's software adapter is switched on for this test");
    shipped_models_agree(device).await.expect("the shipped models run");
}

#[cfg(not(target_arch = "wasm32"))]
const ADAPTER: &str = "Mesa's mesa-vulkan-drivers has an adapter for machines without";

/// Passes without an adapter, except in CI, where `CI` is set.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn shipped_models_give_the_golden_numbers_on_vulkan() -> Result<(), Error> {
    match pollster::block_on(Device::open()) {
        Ok(device) => pollster::block_on(shipped_models_agree(device)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}; {ADAPTER}");
            println!("skipped: {error}; {ADAPTER}");
            Ok(())
        }
    }
}
