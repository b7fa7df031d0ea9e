//! Real tools: Debian's registry, and the clients that people push with.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tagseal_test_support::folder::Folder;
use tagseal_test_support::program::{self, Finished};

/// A program that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Debian's registry, on a free port, with deletes on.
pub(crate) struct DockerRegistry {
    pub(crate) address: SocketAddr,
    _running: Running,
}

impl DockerRegistry {
    pub(crate) fn start(folder: &Folder) -> Self {
        let store = folder.path().join("store");
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: \"127.0.0.1:0\"}}\n",
            store.display()
        );
        let file = folder.path().join("registry.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running(command.spawn().unwrap());
        let mut log = BufReader::new(running.0.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = log.find(|line| line.contains("listening on")).expect("the registry listens");
        // The registry must not wait for somebody to read its log.
        std::thread::spawn(move || log.for_each(drop));
        let address = line.split("listening on ").nth(1).unwrap().split('"').next().unwrap();
        Self { address: address.parse().unwrap(), _running: running }
    }
}

/// Runs a tool to its end, with nothing on its standard input.
fn run(command: &mut Command) -> Finished {
    program::run(command.stdin(Stdio::null()))
}

/// `skopeo`, which copies images between folders and registries.
pub(crate) fn skopeo(arguments: &[&str]) -> Finished {
    run(Command::new("skopeo").arg("--insecure-policy").args(arguments))
}

/// `buildah`, with a storage of its own in that folder.
pub(crate) fn buildah(folder: &Folder, arguments: &[&str]) -> Finished {
    let (root, runroot) = (folder.path().join("root"), folder.path().join("run"));
    let mut command = Command::new("buildah");
    command.args(["--storage-driver", "vfs", "--root"]).arg(root).arg("--runroot").arg(runroot);
    run(command.env("BUILDAH_ISOLATION", "chroot").args(arguments))
}

/// Makes an image with that label in the folder's layout, and gives how skopeo names it: `oci:FOLDER/oci:a`.
pub(crate) fn umoci(folder: &Folder, label: &str) -> String {
    let layout = folder.path().join("oci");
    if !layout.exists() {
        run(Command::new("umoci").arg("init").arg("--layout").arg(&layout)).succeeded();
    }
    let image = format!("{}:{label}", layout.display());
    run(Command::new("umoci").args(["new", "--image", &image])).succeeded();
    let content = folder.path().join(format!("content-{label}"));
    fs::write(&content, label).unwrap();
    run(Command::new("umoci").args(["insert", "--image", &image]).arg(&content).arg("/content")).succeeded();
    run(Command::new("umoci").args(["config", "--image", &image, "--config.label", &format!("label={label}")]))
        .succeeded();
    format!("oci:{image}")
}
