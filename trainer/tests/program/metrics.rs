//! Scores codes from other tools with the binary.

use std::path::Path;

use crate::support::{Outcome, fails, folder, succeeds};
use npyz::WriterBuilder;

const SIZES: [i64; 3] = [3, 4, 5];
const ROWS: i64 = SIZES[0] * SIZES[1] * SIZES[2];

fn write<T: npyz::AutoSerialize + Copy>(path: &Path, width: u64, values: &[T]) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let shape = [values.len() as u64 / width, width];
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    std::fs::write(path, bytes)
}

fn classes(row: i64) -> [i64; 3] {
    [row / 20, row / 5 % 4, row % 5]
}

/// A code of the factors and one unused unit.
fn perfect() -> (Vec<f32>, Vec<i64>) {
    let codes = (0..ROWS).flat_map(|row| {
        let [a, b, c] = classes(row).map(|class| class as f32);
        [b, 0.0, a, -c]
    });
    (codes.collect(), (0..ROWS).flat_map(classes).collect())
}

#[test]
fn a_perfect_code_is_scored_in_words_and_in_json() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let (codes, factors) = perfect();
    write(&here.join("c.npy"), 4, &codes)?;
    write(&here.join("f.npy"), 3, &factors)?;
    let files = ["metrics", "--codes", "c.npy", "--factors", "f.npy"];
    let table = succeeds(here, &files)?;
    assert!(table.contains("mig") && table.contains("60 codes") && !table.contains("factor_vae"), "{table}");
    let line = succeeds(here, &[&files[..], &["--grid", "--json", "--seed", "4"]].concat())?;
    assert_eq!(line, succeeds(here, &[&files[..], &["--grid", "--json", "--seed", "4"]].concat())?);
    let json: serde_json::Value = serde_json::from_str(&line)?;
    assert_eq!((json["rows"].as_u64(), json["units"].as_u64()), (Some(60), Some(4)));
    let scores = json["scores"].as_array().ok_or("no scores")?;
    for metric in ["mig", "dci_disentanglement", "beta_vae", "factor_vae"] {
        let score = scores.iter().find(|score| score["metric"] == metric).ok_or(metric)?;
        assert!(score["value"].as_f64().is_some_and(|value| value > 0.99), "{score}");
    }
    Ok(())
}

#[test]
fn codes_and_factors_that_can_not_be_scored_are_named() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let (codes, factors) = perfect();
    let message =
        |codes: &[f32], factors: &[i64], grid: bool| -> Result<String, Box<dyn std::error::Error>> {
            write(&here.join("c.npy"), 4, codes)?;
            write(&here.join("f.npy"), 3, factors)?;
            let grid: &[&str] = if grid { &["--grid"] } else { &[] };
            let message =
                fails(here, &[&["metrics", "--codes", "c.npy", "--factors", "f.npy"], grid].concat())?;
            assert!(message.contains("c.npy and f.npy"), "{message}");
            Ok(message)
        };
    assert!(message(&codes[4..], &factors, false)?.contains("59 rows and the factors 60"));
    let mut broken = codes.clone();
    broken[9] = f32::NAN;
    assert!(message(&broken, &factors, false)?.contains("row 2 is not finite in unit 1"));
    let constant: Vec<i64> =
        factors.iter().enumerate().map(|(i, &v)| if i % 3 == 1 { 7 } else { v }).collect();
    assert!(message(&codes, &constant, false)?.contains("factor 1 has the same value"));
    assert!(message(&codes[4..], &factors[3..], true)?.contains("59 rows, but"));
    let mut swapped = factors.clone();
    swapped.swap(2, 5);
    assert!(message(&codes, &swapped, true)?.contains("row 0 is out of the grid's order"));
    write(&here.join("c.npy"), 4, &[1i32; 8])?;
    let kind = fails(here, &["metrics", "--codes", "c.npy", "--factors", "f.npy"])?;
    assert!(kind.contains("c.npy is no file of codes: its values have type <i4"), "{kind}");
    Ok(())
}
