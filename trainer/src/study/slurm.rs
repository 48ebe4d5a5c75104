//! Runs a study as a SLURM array job: one task per run, each with the same command as on a single
//! machine.

use std::path::Path;

/// Contents of the job script.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Path of the `latentscope` program.
    pub program: &'a Path,
    /// File of the study.
    pub study: &'a Path,
    /// Folder of the study.
    pub out: &'a Path,
    /// Name of the job.
    pub name: &'a str,
    /// Indices of the runs to do.
    pub runs: &'a [usize],
    /// Maximum number of concurrent tasks; 0 for no limit.
    pub jobs: usize,
    /// Time limit for training per task, in seconds.
    pub limit: Option<f64>,
    /// Further options of `sweep`, with their values.
    pub options: &'a [String],
    /// Further `#SBATCH` options, such as `--gres=gpu:1`.
    pub sbatch: &'a [String],
}

/// Returns the script for `sbatch`. Paths should be absolute; special characters are quoted.
///
/// # Errors
/// Fails if a path or option has a line break or is not UTF-8.
pub fn script(job: &Job) -> Result<String, String> {
    let line = |text: &str| match text.contains(['\n', '\r', '\0']) {
        true => Err(format!("{text:?} has a line break, which a job's script can't hold")),
        false => Ok(text.to_owned()),
    };
    let path = |path: &Path| match path.to_str() {
        Some(text) => line(text),
        None => Err(format!("{} is not UTF-8, which a job's script has to be", path.display())),
    };
    // SLURM expands % in file names.
    let log = format!("{}/slurm-%A_%a.log", path(job.out)?.replace('%', "%%"));
    let array: Vec<String> = job.runs.iter().map(usize::to_string).collect();
    let at_a_time = if job.jobs == 0 { String::new() } else { format!("%{}", job.jobs) };
    let mut text = format!(
        "#!/bin/sh\n#SBATCH --job-name={}\n#SBATCH --array={}{at_a_time}\n#SBATCH --output={}\n",
        double_quoted(&line(job.name)?),
        array.join(","),
        double_quoted(&log)
    );
    for option in job.sbatch {
        text += &format!("#SBATCH {}\n", line(option)?);
    }
    let mut words = vec![path(job.program)?, "sweep".into(), path(job.study)?];
    words.extend(["--out".into(), path(job.out)?]);
    words.extend(job.limit.map(|limit| format!("--limit-seconds={limit}")));
    for option in job.options {
        words.push(line(option)?);
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    text += &format!("exec {} --run \"$SLURM_ARRAY_TASK_ID\"\n", words.join(" "));
    Ok(text)
}

/// Quotes a word for the shell. NUL, which no argument can hold, is left as it is.
pub fn quoted(word: &str) -> String {
    shlex::Quoter::new().allow_nul(true).quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

/// Quotes a value for an `#SBATCH` line, which has its own quoting rules.
fn double_quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<'a>(out: &'a Path, options: &'a [String]) -> Job<'a> {
        Job {
            program: Path::new("/opt/latentscope"),
            study: Path::new("/home/a b/it's.toml"),
            out,
            name: "sprites",
            runs: &[0, 2, 5],
            jobs: 2,
            limit: Some(90.5),
            options,
            sbatch: options,
        }
    }

    #[test]
    fn the_script_runs_a_task_for_each_run_with_quoted_paths() -> Result<(), String> {
        let options = ["--gres=gpu:1".to_owned()];
        let script = script(&job(Path::new("/runs/100% \"mine\""), &options))?;
        assert_eq!(
            script,
            r#"#!/bin/sh
#SBATCH --job-name="sprites"
#SBATCH --array=0,2,5%2
#SBATCH --output="/runs/100%% \"mine\"/slurm-%A_%a.log"
#SBATCH --gres=gpu:1
exec /opt/latentscope sweep "/home/a b/it's.toml" --out '/runs/100% "mine"' '--limit-seconds=90.5' '--gres=gpu:1' --run "$SLURM_ARRAY_TASK_ID"
"#
        );
        Ok(())
    }

    #[test]
    fn line_breaks_in_a_script_are_refused() {
        for (out, option) in [("/a\nrm -rf b", "x"), ("/a", "x\ny")] {
            let options = [option.to_owned()];
            assert!(script(&job(Path::new(out), &options)).is_err_and(|e| e.contains("line break")));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_quoted_word_is_one_word_to_the_shell() -> std::io::Result<()> {
        for word in ["a b", "it's", "$HOME `x` \\ \"y\" *", "", "-n", "/plain/path.toml"] {
            let script = format!("printf '%s|' {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output()?;
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{word}|"));
        }
        Ok(())
    }
}
