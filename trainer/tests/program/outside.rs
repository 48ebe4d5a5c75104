//! Things outside the program: closed streams, foreign files, names in any script.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Outcome, errors, fails, folder, latentscope, succeeds, train};
use trainer::train::Checkpoints;

/// Trains with standard error redirected to `stderr`, and checks that the run completes.
fn trains_with(here: &Path, stderr: Stdio) -> Outcome {
    let arguments = ["train", "--config", "tiny.toml", "--out", "run", "--force"];
    let status = latentscope(here, &arguments).stderr(stderr).status()?;
    assert!(status.success(), "{status}");
    assert_eq!(Checkpoints::of(&here.join("run")).steps()?.last(), Some(&12));
    Ok(())
}

#[test]
fn a_run_outlives_whoever_reads_its_log() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    trains_with(here, writer.into())?;
    #[cfg(target_os = "linux")]
    trains_with(here, File::options().write(true).open("/dev/full")?.into())?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_after_its_log_was_lost_keeps_a_checkpoint() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let long = ["train", "--config", "tiny.toml", "--out", "run", "--steps", "1000000"];
    let mut child = latentscope(here, &long).spawn()?;
    while Checkpoints::of(&here.join("run")).steps()?.is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    drop(child.stderr.take());
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    assert!(kill.success());
    assert_eq!(child.wait()?.code(), Some(130));
    let step = *Checkpoints::of(&here.join("run")).steps()?.last().ok_or("no checkpoint")?;
    let further = (step + 2).to_string();
    succeeds(here, &["train", "--resume", "--out", "run", "--steps", &further])?;
    Ok(())
}

#[test]
fn files_of_others_are_not_trained_over() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::create_dir(here.join("theirs"))?;
    for name in ["model.safetensors", "metrics.jsonl"] {
        let path = here.join("theirs").join(name);
        std::fs::write(&path, "theirs")?;
        for way in [&["--config", "tiny.toml"][..], &["--config", "tiny.toml", "--resume"]] {
            let message = fails(here, &[&["train", "--out", "theirs"], way].concat())?;
            assert!(message.contains(name) && message.contains("theirs"), "{message}");
            assert_eq!(std::fs::read(&path)?, b"theirs");
        }
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

#[test]
fn a_run_is_moved_only_when_the_new_one_can_start() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    std::fs::write(here.join("run/checkpoints/theirs.txt"), "theirs")?;
    let old = std::fs::read(here.join("run/model.safetensors"))?;
    let force = ["train", "--config", "tiny.toml", "--out", "run", "--force"];
    for wrong in [["--set", "objective.betta=1"], ["--dataset", "nowhere"]] {
        fails(here, &[&force[..], &wrong[..]].concat())?;
        assert_eq!(std::fs::read(here.join("run/model.safetensors"))?, old);
        assert!(!here.join("run/before-1").exists());
    }
    train(here, &["--force", "--steps", "4"])?;
    assert_eq!(std::fs::read(here.join("run/before-1/model.safetensors"))?, old);
    assert_eq!(std::fs::read(here.join("run/before-1/checkpoints/theirs.txt"))?, b"theirs");
    assert_eq!(Checkpoints::of(&here.join("run")).steps()?, [4]);
    Ok(())
}

#[test]
fn a_prepared_file_replaces_nothing_else() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    succeeds(here, &["world", "sheet", "sprites", "--out", "s.png"])?;
    let picture = std::fs::read(here.join("s.png"))?;
    std::fs::create_dir(here.join("in"))?;
    std::fs::write(here.join("in/a.png"), &picture)?;
    std::fs::write(here.join("labels.csv"), "name,age\na.png,1\n")?;
    let prepare = |out: &str, more: &[&str]| -> Vec<String> {
        let words = ["data", "prepare", "folder", "in", "--out", out];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    let refused =
        |arguments: Vec<String>| fails(here, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let message = refused(prepare("s.png", &[]))?;
    assert!(message.contains("s.png exists and is no file of prepared images"), "{message}");
    assert_eq!(std::fs::read(here.join("s.png"))?, picture);
    let message = refused(prepare("labels.csv", &["--labels", "labels.csv", "--force"]))?;
    assert!(message.contains("labels.csv is the input"), "{message}");
    let message = refused(prepare("in/a.png", &["--force"]))?;
    assert!(message.contains("in/a.png is the input or part of it"), "{message}");
    assert_eq!(std::fs::read(here.join("in/a.png"))?, picture);
    for place in ["missing/x.images", "tiny.toml/x.images"] {
        let output = latentscope(here, &["data", "prepare", "folder", "in", "--out", place]).output()?;
        assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
        let message = errors(&output);
        assert!(message.contains(&format!("{place} could not be written: its folder")), "{message}");
        assert_eq!(message.trim().lines().count(), 1, "{message}");
        assert!(!message.contains(".writing") && !message.contains("os error"), "{message}");
    }
    for name in ["../x", "a/b", ".."] {
        let message = fails(here, &["data", "prepare", "folder", "in", "--name", name])?;
        assert!(message.contains("can't be the name of a file"), "{message}");
    }
    std::fs::write(here.join("in.tar.gz"), b"\x1f\x8b\x08\0\0\0\0\0")?;
    let message = fails(here, &["data", "prepare", "folder", "in.tar.gz"])?;
    assert!(message.contains("in.tar.gz") && message.contains("unpack it first"), "{message}");
    let message = refused(prepare("x.images", &["--side", "300"]))?;
    assert!(message.contains("300") && message.contains("256"), "{message}");
    for _ in 0..2 {
        let words = prepare("x.images", &[]);
        succeeds(here, &words.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let message = fails(here, &["data", "sample", "x.images", "--out", "x.images"])?;
    assert!(message.contains("x.images would hold a PNG picture"), "{message}");
    Ok(())
}

#[test]
fn a_picture_of_somebody_else_is_not_replaced() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let sheet = |seed, name| ["world", "sheet", "sprites", "--seed", seed, "--out", name];
    succeeds(here, &sheet("1", "a.png"))?;
    let ours = std::fs::read(here.join("a.png"))?;
    succeeds(here, &sheet("2", "a.png"))?;
    assert_ne!(std::fs::read(here.join("a.png"))?, ours);
    let mut foreign = ours;
    let mark = foreign.windows(11).position(|bytes| bytes == b"Latentscope").ok_or("no mark")?;
    foreign[mark..mark + 11].copy_from_slice(b"Some camera");
    std::fs::write(here.join("b.png"), &foreign)?;
    let message = fails(here, &sheet("2", "b.png"))?;
    assert!(message.contains("b.png exists and is no picture of ours"), "{message}");
    assert_eq!(std::fs::read(here.join("b.png"))?, foreign);
    let message = fails(here, &sheet("2", "c.jpg"))?;
    assert!(message.contains("c.jpg would hold a PNG picture"), "{message}");
    Ok(())
}

#[test]
fn reasons_are_told_once() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    for arguments in [
        &["metrics", "--codes", "c.npy", "--factors", "f.npy"][..],
        &["train", "--config", "missing.toml"],
        &["info", "missing.safetensors"],
        &["data", "info", "missing.images"],
        &["world", "render", "sprites", "--indices", "i.npy", "--out", "o.npy"],
    ] {
        let message = fails(here, arguments)?;
        assert_eq!(message.matches("No such file").count(), 1, "{message}");
    }
    Ok(())
}

#[test]
fn names_of_every_script_are_kept() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    // A decomposed letter, a zero-width joiner and quotes.
    let name = "e\u{301} न\u{94d}\u{200d}ष \"q\" \\";
    train(here, &["--name", name])?;
    let card: model::Card = serde_json::from_str(&succeeds(here, &["info", "--json", "run"])?)?;
    assert_eq!(card.name, name);
    let message =
        fails(here, &["train", "--config", "tiny.toml", "--dataset", "no\u{301}where", "--out", "x"])?;
    assert!(message.contains("`no\u{301}where`"), "{message}");
    Ok(())
}

#[test]
fn a_model_can_be_traversed_without_its_data() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let path = here.join("run/model.safetensors");
    let mut weights = model::Weights::from_bytes(&std::fs::read(&path)?)?;
    weights.card.training.dataset = "holidays".into();
    std::fs::write(here.join("far.safetensors"), weights.to_bytes()?)?;
    let traverse = ["traverse", "far.safetensors", "--out", "t.png", "--columns", "3", "--all-units"];
    succeeds(here, &traverse)?;
    assert!(std::fs::read(here.join("t.png"))?.starts_with(b"\x89PNG"));
    let message = fails(here, &[&traverse[..], &["--index", "3"]].concat())?;
    assert!(message.contains("holidays"), "{message}");
    Ok(())
}

#[test]
fn text_of_a_card_is_escaped_in_the_terminal() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let path = here.join("run/model.safetensors");
    let mut weights = model::Weights::from_bytes(&std::fs::read(&path)?)?;
    weights.card.name = format!("\u{1b}[2J\n{}", "long ".repeat(20_000));
    weights.card.training.device = "\u{202e}cpu".into();
    std::fs::write(&path, weights.to_bytes()?)?;
    let info = succeeds(here, &["info", "run"])?;
    assert!(!info.contains(['\u{1b}', '\u{202e}']) && info.contains("\\u{1b}[2J\\u{a}long"));
    let began = std::time::Instant::now();
    succeeds(here, &["traverse", "run", "--out", "t.png", "--columns", "3"])?;
    assert!(began.elapsed().as_secs() < 20);
    Ok(())
}

#[test]
fn times_that_are_none_are_refused() -> Outcome {
    let folder = folder()?;
    for seconds in ["nan", "-1", "inf", "1e12", "soon"] {
        let limit = format!("--max-seconds={seconds}");
        let message = fails(folder.path(), &["train", "--config", "tiny.toml", &limit])?;
        assert!(message.contains("at least 0"), "{message}");
    }
    Ok(())
}

#[test]
fn a_network_too_large_to_be_read_is_refused_before_it_is_trained() -> Outcome {
    let folder = folder()?;
    let large = ["--set", "model.hidden=4096", "--set", "model.channels=[512, 512, 1024, 1024]"];
    let message =
        fails(folder.path(), &[&["train", "--config", "tiny.toml", "--out", "run"], &large[..]].concat())?;
    assert!(message.contains("model.channels") && message.contains("at most 256 MiB"), "{message}");
    assert!(!folder.path().join("run").exists());
    Ok(())
}

#[test]
fn attributes_are_measured_on_the_named_images() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    std::fs::create_dir(here.join("pictures"))?;
    succeeds(here, &["world", "sheet", "sprites", "--out", "pictures/a.png"])?;
    std::fs::write(here.join("l.csv"), "name,hat\nq.png,1\nr.png,0\n")?;
    for labels in [&[][..], &["--labels", "l.csv"]] {
        let message = fails(here, &[&["attributes", "run", "--data", "pictures"], labels].concat())?;
        assert!(message.contains("`pictures`") && !message.contains("`sprites`"), "{message}");
    }
    Ok(())
}

#[test]
fn a_flipped_bit_of_a_model_is_seen() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let whole = std::fs::read(here.join("run/model.safetensors"))?;
    let header = u64::from_le_bytes(*whole.first_chunk().ok_or("no header")?) as usize + 8;
    for place in [header, (header + whole.len()) / 2, whole.len() - 3] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(here.join("bad.safetensors"), bytes)?;
        let message = fails(here, &["traverse", "bad.safetensors", "--out", "t.png"])?;
        assert!(message.contains("bad.safetensors") && message.contains("checksum"), "{message}");
    }
    Ok(())
}

#[test]
fn a_run_resumes_only_as_the_same_experiment() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &["--steps", "4"])?;
    let resume = ["train", "--resume", "--out", "run", "--steps", "8"];
    for (option, value, words) in [
        ("--seed", "3", "train.seed = 0"),
        ("--dataset", "faces", "dataset = \"sprites\""),
        ("--set", "objective.beta=3.0", "objective.beta = 2.0"),
        ("--set", "prior.kind=laplace", "prior.kind = \"gaussian\""),
        ("--batch", "16", "train.batch = 8"),
    ] {
        let image = "model.image={height=64,width=64,channels=1}";
        let message = fails(here, &[&resume[..], &[option, value, "--set", image]].concat())?;
        let foreign_images = value == "faces" && message.contains("model.image");
        assert!(message.contains(words) || foreign_images, "{message}");
        assert_eq!(Checkpoints::of(&here.join("run")).steps()?.last(), Some(&4));
    }
    succeeds(here, &[&resume[..], &["--learning-rate", "1e-4", "--set", "train.keep=5"]].concat())?;
    assert_eq!(Checkpoints::of(&here.join("run")).steps()?.last(), Some(&8));
    Ok(())
}

#[test]
fn a_run_does_not_resume_with_data_that_was_prepared_again() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::create_dir(here.join("in"))?;
    for (name, world) in [("a.png", "sprites"), ("b.png", "chairs")] {
        let path = format!("in/{name}");
        succeeds(here, &["world", "sheet", world, "--out", &path])?;
    }
    let prepare = ["data", "prepare", "folder", "in", "--out", "x.images", "--grey", "true"];
    succeeds(here, &prepare)?;
    train(here, &["--dataset", "x.images", "--steps", "4"])?;
    let resume = ["train", "--resume", "--out", "run", "--steps", "8"];
    succeeds(here, &prepare)?;
    succeeds(here, &resume)?;
    std::fs::remove_file(here.join("in/b.png"))?;
    succeeds(here, &prepare)?;
    let message = fails(here, &[&resume[..4], &["--steps", "12"]].concat())?;
    assert!(
        message.contains("the images of `x.images` have changed since the run in run began"),
        "{message}"
    );

    // The same holds for pictures that are decoded when training starts, and for arrays.
    let images = |first: f32| trainer::npy::floats(&[2, 64, 64], &vec![first; 2 * 64 * 64]);
    std::fs::write(here.join("x.npy"), images(0.5))?;
    for (data, out) in [("in", "pictures"), ("x.npy", "array")] {
        let words = ["train", "--config", "tiny.toml", "--dataset", data, "--out", out, "--steps", "4"];
        succeeds(here, &words)?;
        let resume = ["train", "--resume", "--out", out, "--steps", "8"];
        succeeds(here, &resume)?;
        if data == "in" {
            succeeds(here, &["world", "sheet", "sprites", "--seed", "7", "--out", "in/c.png"])?;
        } else {
            std::fs::write(here.join("x.npy"), images(0.25))?;
        }
        let message = fails(here, &[&resume[..4], &["--steps", "12"]].concat())?;
        assert!(message.contains(&format!("the images of `{data}` have changed")), "{message}");
    }
    Ok(())
}

#[test]
fn a_finished_run_keeps_its_card() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let kept = |name: &str| std::fs::read(here.join("run").join(name));
    let (config, model) = (kept("config.toml")?, kept("model.safetensors")?);
    for (option, value, key) in [
        ("--learning-rate", "1e-4", "train.learning_rate"),
        ("--steps", "8", "train.steps"),
        ("--set", "train.average=0.9", "train.average"),
    ] {
        let message = fails(here, &["train", "--resume", "--out", "run", option, value])?;
        assert!(message.contains("has taken 12 steps") && message.contains(key), "{message}");
        assert_eq!((kept("config.toml")?, kept("model.safetensors")?), (config.clone(), model.clone()));
    }
    succeeds(here, &["train", "--resume", "--out", "run", "--name", "other"])?;
    Ok(())
}

#[test]
fn an_average_is_not_dropped_unasked() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &["--steps", "4", "--set", "train.average=0.9"])?;
    let message = fails(here, &["train", "--config", "tiny.toml", "--resume", "--out", "run"])?;
    assert!(message.contains("keeps an average") && message.contains("train.average"), "{message}");
    assert_eq!(Checkpoints::of(&here.join("run")).steps()?, [4]);
    Ok(())
}

#[test]
fn a_run_resumes_only_with_its_initial_weights() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    std::fs::copy(here.join("run/model.safetensors"), here.join("a.safetensors"))?;
    train(here, &["--force", "--seed", "1"])?;
    std::fs::copy(here.join("run/model.safetensors"), here.join("b.safetensors"))?;
    let out = |from: &'static str, more: &[&'static str]| {
        [&["train", "--config", "tiny.toml", "--out", "more", "--from", from], more].concat()
    };
    succeeds(here, &out("a.safetensors", &["--steps", "4"]))?;
    let told = || std::fs::read_to_string(here.join("more/config.toml"));
    assert!(told()?.contains("file = \"a.safetensors\""), "{}", told()?);
    let message = fails(here, &out("b.safetensors", &["--resume"]))?;
    assert!(message.contains("of a.safetensors, than b.safetensors holds"), "{message}");
    let message =
        fails(here, &["train", "--resume", "--out", "run", "--steps", "20", "--from", "a.safetensors"])?;
    assert!(message.contains("began from fresh weights"), "{message}");
    // Another card with the same weights counts as the same start.
    let path = here.join("a.safetensors");
    let mut weights = model::Weights::from_bytes(&std::fs::read(&path)?)?;
    weights.card.name = "renamed".into();
    std::fs::write(&path, weights.to_bytes()?)?;
    succeeds(here, &out("a.safetensors", &["--resume", "--steps", "8"]))?;
    succeeds(here, &["train", "--config", "tiny.toml", "--resume", "--out", "more"])?;
    assert!(told()?.contains("file = \"a.safetensors\""), "{}", told()?);
    // The saved configuration describes everything that the run started from.
    succeeds(here, &["train", "--config", "more/config.toml", "--out", "again"])?;
    let weights = |run: &str| -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error>> {
        let tensors = trainer::trained::read(&here.join(run))?.tensors.into_values();
        Ok(tensors.map(|tensor| tensor.flatten_all()?.to_vec1()).collect::<Result<_, _>>()?)
    };
    assert_eq!(weights("again")?, weights("more")?);
    std::fs::copy(here.join("b.safetensors"), &path)?;
    let message = fails(here, &["train", "--config", "more/config.toml", "--out", "third"])?;
    assert!(message.contains("a.safetensors holds other weights"), "{message}");
    Ok(())
}

#[test]
fn a_run_whose_checkpoints_are_all_damaged_is_not_started_again() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let steps = Checkpoints::of(&here.join("run"));
    for step in steps.steps()? {
        let bytes = std::fs::read(steps.file(step))?;
        std::fs::write(steps.file(step), &bytes[..bytes.len() / 2])?;
    }
    let model = std::fs::read(here.join("run/model.safetensors"))?;
    let resume = ["train", "--resume", "--out", "run", "--steps", "20"];
    let message = fails(here, &resume)?;
    assert!(message.contains("2 files, is intact") && message.contains("step-000000012"), "{message}");
    let message = fails(here, &["export", "run"])?;
    assert!(message.contains("2 files, is intact"), "{message}");
    std::fs::remove_dir_all(steps.path())?;
    let message = fails(here, &resume)?;
    assert!(message.contains("holds model.safetensors but no checkpoint"), "{message}");
    assert_eq!(std::fs::read(here.join("run/model.safetensors"))?, model);
    Ok(())
}

#[test]
fn a_last_good_checkpoint_is_one_that_was_read() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &["--steps", "8"])?;
    std::fs::write(Checkpoints::of(&here.join("run")).file(8), "cut")?;
    let path = here.join("run/config.toml");
    std::fs::write(&path, std::fs::read_to_string(&path)?.replace("beta = 2.0", "beta = 1e300"))?;
    let message = fails(here, &["train", "--resume", "--out", "run", "--steps", "50"])?;
    assert!(
        message.contains("last good checkpoint is run/checkpoints/step-000000004.safetensors"),
        "{message}"
    );
    Ok(())
}

#[test]
fn an_empty_name_is_none() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    for words in [
        &["export", "run", "--out", "x.safetensors"][..],
        &["train", "--config", "tiny.toml", "--out", "x"],
        &["import", "x.safetensors", "--layout", "burgess", "--data", "sprites", "--out", "x.safetensors"],
        &["data", "prepare", "folder", "in", "--out", "x.images"],
    ] {
        for name in ["", " "] {
            let message = fails(here, &[words, &["--name", name]].concat())?;
            assert!(message.contains("must have 1 to 64 bytes"), "{message}");
        }
    }
    Ok(())
}
