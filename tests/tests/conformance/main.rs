//! The conformance vectors, each asked of the engine and, in every way there is, of the built component.
//!
//! One trial per vector and way: `decision-table.json: the same digest again is not a move [component, typed]`. The answer
//! has to be what the vector expects, and that of the engine byte for byte.
#![cfg(test)]

mod json_schemas;
mod native;
mod python;
mod readme;
mod runner;
mod schema;

use libtest_mimic::{Arguments, Failed, Trial};
use native::Native;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tagseal::{Cache, Component, Settings};
use tagseal_vectors::{ComponentSubject, File, Vector, Way};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = tagseal_vectors::read(&folder()).unwrap_or_else(|error| panic!("{error}"));
    let files: Vec<_> = files.into_iter().map(Arc::new).collect();
    let mut trials: Vec<_> = files.iter().flat_map(of_file).collect();
    trials.extend(runner::trials(&files));
    trials.extend(schema::trials(&files));
    trials.extend(json_schemas::trials(&files));
    trials.extend(readme::trials(&files));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Where the vectors are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn of_file(file: &Arc<File>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (index, vector) in file.vectors().iter().enumerate() {
        let ways = vector.ways().iter().map(|way| Some(*way));
        for way in [None].into_iter().chain(ways) {
            let subject = way.map_or("engine".to_owned(), |way| format!("component, {way}"));
            let name = format!("{}: {} [{subject}]", file.name(), vector.name());
            let file = file.clone();
            trials.push(Trial::test(name, move || run(&file.vectors()[index], way)));
        }
    }
    trials
}

/// Asks the engine, or the component in one way.
fn run(vector: &Vector, way: Option<Way>) -> Result<(), Failed> {
    static LARGE: Mutex<()> = Mutex::new(());
    // Several of the large ones at once could take more memory than there is.
    let _alone = vector.is_large().then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let native = vector.ask(&Native)?;
    let Some(way) = way else { return Ok(vector.check(&native)?) };
    let answer = vector.ask(&ComponentSubject::new(COMPONENT.clone(), way))?;
    vector.check(&answer)?;
    Ok(vector.check_same(&answer, &native, "from the engine")?)
}

/// The built component. What is asked here is right or wrong, fast or slow.
static COMPONENT: LazyLock<Component> = LazyLock::new(|| {
    let settings = Settings::default()
        .with_compile_deadline(Duration::from_secs(600))
        .with_decision_deadline(Duration::from_secs(60))
        .with_cache(Cache::Folder(Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance")));
    Component::embedded(settings).expect("the built component is one")
});
