//! Times the decoder's shaders on the machine's Vulkan adapter: `vulkan WEIGHTS` prints JSON, whose
//! adapter is null if there is none.

use std::error::Error;
use std::rc::Rc;
use std::time::Instant;

use latentscope_web::engine::Engine;
use latentscope_web::engine::gpu::{Device, Frame, Gpu, Picture};
use model::ModelConfig;
use model::layers::{Kind, Layer};
use pollster::block_on;
use serde_json::{Value, json};

const BATCHES: [usize; 3] = [1, 11, 110];
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: vulkan WEIGHTS")?;
    let file = std::fs::read(&path).map_err(|error| format!("{path} can't be read: {error}"))?;
    let Ok(device) = block_on(Device::open()).map(Rc::new) else {
        println!("{}", json!({ "adapter": Value::Null }));
        return Ok(());
    };
    let gpu = block_on(Gpu::load(&device, &file, 110))?;
    let config = &gpu.card().model;
    let batches = BATCHES.map(|images| {
        let codes: Vec<f32> = (0..images * config.latent).map(|i| 1.5 * (0.7 * i as f32).sin()).collect();
        let mut times: Vec<f64> = (0..=ROUNDS)
            .map(|_| {
                let start = Instant::now();
                let mut frame = Frame::new(&device);
                frame.add(&gpu, &[Picture { codes: &codes, targets: &[] }])?;
                frame.submit();
                block_on(device.finished())?;
                Ok(start.elapsed().as_secs_f64())
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        // The first run is a warm-up.
        times.remove(0);
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        Ok(json!({
            "images": images,
            "median_ms": 1e3 * median,
            "lowest_ms": 1e3 * times[0],
            "gflops": 2e-9 * images as f64 * products(config) / median,
            "gigabytes_per_second": 4e-9 * values(config, images) / median,
        }))
    });
    let batches = batches.into_iter().collect::<Result<Vec<Value>, Box<dyn Error>>>()?;
    println!("{}", json!({ "adapter": device.name(), "batches": batches }));
    Ok(())
}

/// For each transposed convolution: pixels and channels of its input, channels of its output.
fn layers(config: &ModelConfig) -> Vec<[f64; 3]> {
    let layers = config.decoder().into_iter().filter(|layer| layer.kind == Kind::Deconv);
    let sizes = layers.map(|Layer { input, output, .. }| {
        [input.height * input.width, input.channels, output.channels].map(|size| size as f64)
    });
    sizes.collect()
}

/// Inputs and outputs of each dense layer.
fn dense(config: &ModelConfig) -> Vec<[f64; 2]> {
    let layers = config.decoder().into_iter().filter(|layer| layer.kind == Kind::Dense);
    layers.map(|layer| [layer.input, layer.output].map(|shape| shape.len() as f64)).collect()
}

/// Multiply-adds per decoded image.
fn products(config: &ModelConfig) -> f64 {
    let deconvs: f64 = layers(config).iter().map(|[pixels, from, to]| 16.0 * pixels * from * to).sum();
    dense(config).iter().map(|[from, to]| from * to).sum::<f64>() + deconvs
}

/// Minimum number of values moved: weights once, each layer's output written once and read once.
fn values(config: &ModelConfig, images: usize) -> f64 {
    let weights: f64 = layers(config).iter().map(|[_, from, to]| 16.0 * from * to).sum();
    let outputs: f64 = layers(config).iter().map(|[pixels, _, to]| 4.0 * pixels * to).sum();
    let weights = weights + dense(config).iter().map(|[from, to]| from * to).sum::<f64>();
    let dense: f64 = dense(config).iter().map(|[_, to]| to).sum();
    weights + images as f64 * 2.0 * (dense + outputs)
}
