//! Compares the kernels on this machine's adapter, such as Mesa's lavapipe, with the CPU.

use std::rc::Rc;

use pollster::block_on;

use super::{Device, Frame, Gpu, Picture, Target, check};
use crate::engine::{Cpu, Engine, EngineError};
use crate::samples;
use model::config::PosteriorKind;
use model::{ImageShape, ModelConfig};

const ADAPTER: &str = "Mesa's mesa-vulkan-drivers has an adapter for machines without";

/// The machine's GPU. Without one, the test says so and passes, except in CI, where `CI` is set; the
/// tests in browsers need none.
fn device() -> Option<Rc<Device>> {
    match block_on(Device::open()) {
        Ok(device) => Some(Rc::new(device)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}; {ADAPTER}");
            println!("skipped: {error}; {ADAPTER}");
            None
        }
    }
}

fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().all(|value| value.is_finite()));
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max)
}

#[test]
fn every_shape_of_network_gives_the_cpus_numbers() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let shape = |height, width, channels| ImageShape { height, width, channels };
    for (image, channels, hidden, latent) in [
        (shape(64, 64, 1), vec![32, 32, 64, 64], 256, 10),
        (shape(64, 64, 3), vec![32, 32, 64, 64], 256, 10),
        (shape(32, 16, 2), vec![6, 7], 9, 3),
        (shape(8, 24, 4), vec![5], 4, 1),
        (shape(16, 16, 1), vec![4, 4, 4, 4], 5, 5),
    ] {
        let config = ModelConfig { image, latent, channels, hidden, ..ModelConfig::default() };
        let file = samples::file_of(config.clone());
        let cpu = Cpu::load(&file)?;
        let gpu = block_on(Gpu::load(&device, &file, 40))?;
        for n in [1, 5, 40] {
            let codes: Vec<f32> = (0..n * latent).map(|i| 2.0 * (i as f32).sin()).collect();
            let pictures = block_on(gpu.decode(&codes))?;
            let error = apart(&pictures, &cpu.decode_now(&codes)?);
            assert!(error < 1e-5, "{n} pictures of {config:?} are {error} away");
        }
        let images: Vec<f32> = (0..17 * image.len()).map(|i| (0.1 * i as f32).sin().abs()).collect();
        let (ours, theirs) = (block_on(gpu.encode(&images))?, cpu.encode_now(&images)?);
        let error = apart(&ours.mean, &theirs.mean).max(apart(&ours.std, &theirs.std));
        assert!(error < 1e-4, "posteriors of {config:?} are {error} away");
        let image = &images[..image.len()];
        let (ours, theirs) = (block_on(gpu.reconstruct(image))?, cpu.reconstruct_now(image)?);
        assert!(apart(&ours.picture, &theirs.picture) < 1e-5);
        assert!(apart(&[ours.nll, ours.mse], &[theirs.nll, theirs.mse]) < 1e-4);
        block_on(check(&gpu, &cpu))?;
    }
    Ok(())
}

#[test]
fn every_posterior_and_any_number_of_dense_layers_give_the_cpus_numbers() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let small = || ModelConfig { channels: vec![4, 4], hidden: 8, ..ModelConfig::default() };
    for config in [
        ModelConfig { posterior: PosteriorKind::Laplace, ..small() },
        ModelConfig { posterior: PosteriorKind::SpikeSlab, ..small() },
        ModelConfig { winners: Some(3), ..small() },
        ModelConfig { circles: 2, ..small() },
        ModelConfig { encoder_dense: Some(vec![9, 6]), decoder_dense: Some(vec![5, 8, 11]), ..small() },
    ] {
        let file = samples::file_of(config.clone());
        let (cpu, gpu) = (Cpu::load(&file)?, block_on(Gpu::load(&device, &file, 1))?);
        let image: Vec<f32> = (0..4096).map(|i| (0.1 * i as f32).sin().abs()).collect();
        let (ours, theirs) = (block_on(gpu.reconstruct(&image))?, cpu.reconstruct_now(&image)?);
        assert!(apart(&ours.codes.mean, &theirs.codes.mean) < 1e-4, "{config:?}");
        assert!(apart(&ours.codes.std, &theirs.codes.std) < 1e-4, "{config:?}");
        assert!(apart(&ours.picture, &theirs.picture) < 1e-4, "{config:?}");
    }
    Ok(())
}

#[test]
fn more_than_there_is_room_for_runs_part_by_part() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let file = samples::file(1, 3);
    let (cpu, gpu) = (Cpu::load(&file)?, block_on(Gpu::load(&device, &file, 300))?);
    let codes: Vec<f32> = (0..500 * 3).map(|i| (0.3 * i as f32).cos()).collect();
    assert!(apart(&block_on(gpu.decode(&codes))?, &cpu.decode_now(&codes)?) < 1e-5);
    Ok(())
}

#[test]
fn a_frame_draws_pictures_side_by_side_in_their_colours() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    for channels in 1..=4 {
        let file = samples::file(channels, 3);
        let (cpu, gpu) = (Cpu::load(&file)?, block_on(Gpu::load(&device, &file, 5))?);
        let codes: Vec<f32> = (0..5 * 3).map(|i| 3.0 * (i as f32).sin()).collect();
        let (row, live) = codes.split_at(4 * 3);
        let (strip, single) = (Page::new(&device, 4), Page::new(&device, 1));
        let mut frame = Frame::new(&device);
        let [strips, singles] = [[strip.target()], [single.target()]];
        frame.add(
            &gpu,
            &[Picture { codes: row, targets: &strips }, Picture { codes: live, targets: &singles }],
        )?;
        frame.submit();
        for (page, codes) in [(strip, row), (single, live)] {
            let expected = rgba(&cpu.decode_now(codes)?, channels, page.pictures);
            let drawn = page.bytes(&device)?;
            let differ = drawn.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(drawn.len() == expected.len() && differ <= Some(1), "{channels} channels: {differ:?}");
        }
    }
    Ok(())
}

/// Square pictures of 64 pixels side by side, as a canvas shows them: with premultiplied opacity.
fn rgba(values: &[f32], channels: usize, pictures: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for y in 0..64 {
        for x in 0..64 * pictures {
            let at = ((x / 64 * 64 + y) * 64 + x % 64) * channels;
            let pixel = match &values[at..at + channels] {
                &[red, green, blue] => [red, green, blue, 1.0],
                &[red, green, blue, opacity] => [red * opacity, green * opacity, blue * opacity, opacity],
                grey => [grey[0], grey[0], grey[0], 1.0],
            };
            bytes.extend(pixel.map(|value| (255.0 * value).round() as u8));
        }
    }
    bytes
}

/// Stands in for a canvas.
struct Page {
    texture: wgpu::Texture,
    pictures: usize,
}

impl Page {
    fn new(device: &Device, pictures: usize) -> Self {
        let texture = device.host.device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d { width: 64 * pictures as u32, height: 64, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: super::host::FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        Self { texture, pictures }
    }

    fn target(&self) -> Target {
        Target(self.texture.create_view(&wgpu::TextureViewDescriptor::default()))
    }

    fn bytes(&self, device: &Device) -> Result<Vec<u8>, EngineError> {
        let bytes = 4 * 64 * 64 * self.pictures;
        let buffer = device.host.buffer(bytes)?;
        let mut commands = device.commands();
        let layout = wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(256 * self.pictures as u32),
            rows_per_image: None,
        };
        let to = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
        commands.0.copy_texture_to_buffer(self.texture.as_image_copy(), to, self.texture.size());
        let words = block_on(device.host.read(commands, &buffer, bytes))?;
        Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }
}

#[test]
fn the_self_check_tells_another_models_numbers() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let gpu = block_on(Gpu::load(&device, &samples::file(1, 3), 1))?;
    let other = Cpu::load(&samples::seeded(samples::card(1, 3), 6))?;
    assert!(matches!(block_on(check(&gpu, &other)), Err(EngineError::Gpu(_))));
    Ok(())
}

#[test]
fn what_is_no_batch_is_refused() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let gpu = block_on(Gpu::load(&device, &samples::file(1, 3), 1))?;
    for codes in [&[][..], &[0.0; 4]] {
        assert!(matches!(block_on(gpu.decode(codes)), Err(EngineError::Input { .. })));
    }
    assert!(matches!(block_on(gpu.encode(&[0.0; 100])), Err(EngineError::Input { .. })));
    assert!(matches!(block_on(gpu.reconstruct(&[0.0; 2 * 4096])), Err(EngineError::Input { .. })));
    Ok(())
}

#[test]
fn a_model_larger_than_every_device_allows_is_refused() -> Result<(), EngineError> {
    let Some(device) = device() else { return Ok(()) };
    let image = ImageShape { height: 256, width: 256, channels: 4 };
    let config = ModelConfig { image, channels: vec![4, 4, 4], hidden: 4, ..ModelConfig::default() };
    let load = block_on(Gpu::load(&device, &samples::file_of(config), 2816));
    assert!(matches!(load, Err(EngineError::Gpu(_))));
    Ok(())
}
