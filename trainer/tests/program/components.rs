//! Components of pictures, and training with them.

use trainer::npy;

use crate::support::{Outcome, fails, folder, succeeds};

#[test]
fn components_of_pictures_are_found_and_train_a_model() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    // 620 drawn faces; every fifth one is labelled.
    let indices: Vec<f32> = (0..620).map(|image| (image * 1733 % 1_075_200) as f32).collect();
    let integers: Vec<u8> = indices.iter().flat_map(|&index| (index as i64).to_le_bytes()).collect();
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (620,), }";
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes().iter().chain(&integers));
    std::fs::write(here.join("indices.npy"), file)?;
    succeeds(here, &["world", "render", "faces", "--indices", "indices.npy", "--out", "faces.npy"])?;
    let rows: String = (0..620).map(|image| format!("{image}.png,{}\n", image % 2)).collect();
    std::fs::write(here.join("labels.csv"), format!("name,odd\n{rows}"))?;

    let find = ["components", "--data", "faces.npy", "--out", "c.npy", "--draws", "6", "--count", "3"];
    let more = ["--hold-out", "40", "--mirror", "--labels", "labels.csv"];
    let said = succeeds(here, &[&find[..], &more].concat())?;
    assert!(said.contains("agreement") && said.contains("odd"), "{said}");
    let found = npy::codes(&here.join("c.npy"))?;
    assert_eq!((found.width, found.values.len()), (3, 3 * 620));
    for column in 0..3 {
        let values = (0..580).map(|row| found.row(row)[column]);
        let (mean, square) = values.fold((0.0, 0.0), |(a, b), value| (a + value, b + value * value));
        assert!((mean / 580.0).abs() < 1e-3 && (square / 580.0 - 1.0).abs() < 1e-3);
    }
    let again = succeeds(here, &[&find[..], &more].concat())?;
    assert_eq!((said, npy::codes(&here.join("c.npy"))?), (again, found), "the seed decides");
    let said = fails(here, &[&find[..], &["--hold-out", "200"]].concat())?;
    assert!(said.contains("420 images") && said.contains("at least 500"), "{said}");

    let train = |more: &[&str]| {
        let keys = [
            "model.image={height=64,width=64,channels=3}",
            "train.hold_out=40",
            "train.mirror=true",
            "known.retouch=['fringe']",
            "known.values='c.npy'",
            "sparsity.named={images=6}",
        ];
        let set = keys.iter().flat_map(|key| ["--set", *key]);
        let first = ["train", "--config", "tiny.toml", "--out", "run", "--data", "faces.npy"];
        first.into_iter().chain(set).chain(more.iter().copied()).map(str::to_owned).collect::<Vec<_>>()
    };
    let run =
        |arguments: Vec<String>| succeeds(here, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    run(train(&["--steps", "6"]))?;
    // The run has its own copy.
    std::fs::remove_file(here.join("c.npy"))?;
    run(train(&["--resume"]))?;
    assert!(here.join("run/model.safetensors").exists());
    let said = fails(here, &train(&["--force"]).iter().map(String::as_str).collect::<Vec<_>>())?;
    assert!(said.contains("known.values") && said.contains("c.npy could not be read"), "{said}");
    assert!(here.join("run/known.npy").exists(), "the old run stays");
    Ok(())
}
