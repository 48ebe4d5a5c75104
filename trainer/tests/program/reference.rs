//! Compares damaged files that are accepted with numpy, h5py and Pillow, using `fuzz/reference.py`, if
//! Python has them.

use std::path::Path;
use std::process::Command;

/// Mutants per kind of file.
const MUTANTS: &str = "60";

#[test]
fn what_is_accepted_has_the_pixels_that_others_read() -> std::io::Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/reference.py");
    let mut python = Command::new("python3");
    python.arg(script).args([env!("CARGO_BIN_EXE_latentscope"), MUTANTS]);
    let output = match python.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: there is no python3");
            return Ok(());
        }
        output => output?,
    };
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    println!("{printed}");
    assert!(output.status.success(), "{printed}");
    Ok(())
}
