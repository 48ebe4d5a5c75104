//! Runs a sweep on a real single-node SLURM, which the test configures and starts in its own folder. If
//! SLURM is not installed or can't start, the test says so and passes.

#![cfg(unix)]

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Outcome, errors, folder, latentscope, succeeds};
use trainer::trained;

/// Maximum wait for the job to end.
const PATIENCE: Duration = Duration::from_secs(240);
/// Maximum wait for a daemon to become ready.
const START: Duration = Duration::from_secs(30);

/// Daemons that stop with the test.
struct Cluster {
    daemons: Vec<Child>,
    config: std::path::PathBuf,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let asked = Command::new("kill").arg(daemon.id().to_string()).status();
            if !asked.is_ok_and(|status| status.success()) {
                let _gone = daemon.kill();
            }
            let _ended = daemon.wait();
        }
    }
}

impl Cluster {
    /// Starts a cluster in `folder`, or returns why it can't.
    fn start(folder: &Path) -> Result<Self, String> {
        let said = |what: &str| format!("{what} did not come up; its files are in {}", folder.display());
        let run = |program: &str, option: &str| {
            let output = Command::new(program).arg(option).output();
            let output = output.map_err(|error| format!("{program} can't be run: {error}"))?;
            Ok::<_, String>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        for program in ["munged", "slurmctld", "slurmd", "sbatch"] {
            run(program, if program == "munged" { "--version" } else { "-V" })?;
        }
        let (host, user) = (run("hostname", "-s")?, run("id", "-un")?);
        let config = folder.join("slurm.conf");
        let mut cluster = Self { daemons: Vec::new(), config: config.clone() };
        prepare(folder, &config, &host, &user).map_err(|error| format!("SLURM can't be set up: {error}"))?;
        let path = |name: &str| folder.join(name).display().to_string();
        let [key, socket, pid, log, seed] = ["key", "socket", "munge.pid", "munge.log", "seed"]
            .map(|name| format!("--{}={}", option(name), path(name)));
        cluster.daemon(folder, "munged", &["--foreground", "--force", &key, &socket, &pid, &log, &seed])?;
        wait(START, || folder.join("socket").exists()).ok_or_else(|| said("munged"))?;
        let config = config.display().to_string();
        cluster.daemon(folder, "slurmctld", &["-D", "-f", &config])?;
        cluster.daemon(folder, "slurmd", &["-D", "-f", &config, "-N", &host])?;
        let idle = || {
            let output = Command::new("sinfo").args(["-h", "-o", "%t"]).env("SLURM_CONF", &config).output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "idle")
        };
        wait(START, idle).ok_or_else(|| said("slurmd"))?;
        Ok(cluster)
    }

    fn daemon(&mut self, folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
        let log = std::fs::File::create(folder.join(format!("{program}.out"))).map_err(|e| e.to_string())?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.daemons.push(command.spawn().map_err(|error| format!("{program} can't be run: {error}"))?);
        Ok(())
    }
}

fn option(file: &str) -> &'static str {
    match file {
        "key" => "key-file",
        "socket" => "socket",
        "munge.pid" => "pid-file",
        "munge.log" => "log-file",
        _ => "seed-file",
    }
}

/// Writes the key and the configuration.
fn prepare(folder: &Path, config: &Path, host: &str, user: &str) -> std::io::Result<()> {
    let key = folder.join("key");
    // Only this test's daemons use the key.
    std::fs::write(&key, [7; 1024])?;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
    for name in ["spool", "state"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let [controller, node] = listeners.map(|listener| listener.local_addr().map(|address| address.port()));
    let here = folder.display();
    let text = format!(
        "ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={here}/socket
CredType=cred/munge
SlurmctldPort={}
SlurmdPort={}
SlurmctldPidFile={here}/slurmctld.pid
SlurmdPidFile={here}/slurmd.pid
SlurmctldLogFile={here}/slurmctld.log
SlurmdLogFile={here}/slurmd.log
SlurmdSpoolDir={here}/spool
StateSaveLocation={here}/state
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes={host} Default=YES State=UP
",
        controller?, node?
    );
    std::fs::write(config, text)
}

fn wait(limit: Duration, done: impl Fn() -> bool) -> Option<()> {
    let end = Instant::now() + limit;
    while !done() {
        if Instant::now() > end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Some(())
}

#[test]
fn a_study_is_done_by_an_array_job_of_slurm() -> Outcome {
    let own = tempfile::Builder::new().prefix("slurm").tempdir()?;
    std::fs::set_permissions(own.path(), std::fs::Permissions::from_mode(0o755))?;
    let cluster = match Cluster::start(own.path()) {
        Ok(cluster) => cluster,
        Err(reason) => {
            // Bypasses the capture of output, so that the message shows in passing tests.
            return Ok(writeln!(
                std::io::stderr(),
                "SKIPPED: no real SLURM here, so nothing was submitted to one: {reason}"
            )?);
        }
    };
    let folder = folder()?;
    let here = folder.path().join("with a space, it's 100%");
    std::fs::create_dir(&here)?;
    std::fs::rename(folder.path().join("tiny.toml"), here.join("tiny.toml"))?;
    let study = "name = 'a job'\nbase = 'tiny.toml'\nseeds = [0, 1]\n[[method]]\nname = 'beta'\n";
    std::fs::write(here.join("s.toml"), study)?;
    let sweep = [
        "sweep",
        "s.toml",
        "--out",
        "study",
        "--launcher",
        "slurm",
        "--sbatch=--cpus-per-task=1",
        "--grid=2000",
        "--codes=600",
        "--generate=50",
    ];
    let output = latentscope(&here, &sweep).env("SLURM_CONF", &cluster.config).output()?;
    assert!(output.status.success(), "{}", errors(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("submitted 2 runs as job ") && said.contains("squeue --job"), "{said}");
    let done = |name: &str| {
        let weights = trained::read(&here.join("study").join(name));
        weights.is_ok_and(|weights| weights.card.scores.iter().any(|score| score.metric == "recall"))
    };
    let ended = wait(PATIENCE, || done("beta-s0") && done("beta-s1"));
    assert!(ended.is_some(), "the job's output is in {}", folder.keep().display());
    let logs = std::fs::read_dir(here.join("study"))?;
    let logs = logs.filter_map(Result::ok).filter(|e| e.file_name().to_string_lossy().ends_with(".log"));
    assert_eq!(logs.count(), 2);
    succeeds(&here, &["report", "study"])?;
    Ok(())
}
