//! Pushes and pulls of manifests, by one client.

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::comparison::{Comparison, Table, Unit};
use super::ways::{Ways, time};
use crate::command::client::{Client, Error};
use crate::command::image::Image;

/// Tags of one repository: what is looked up for a new tag grows with them.
const TAGS: usize = 100;

/// Repositories of one purpose, with the same image in each, and room for a hundred tags.
struct Shelf {
    names: Vec<String>,
    image: Image,
}

/// A push: where, and what.
struct Push {
    repository: String,
    tag: String,
    manifest: Bytes,
}

impl Shelf {
    async fn new(ways: &Ways, purpose: &str, tags: usize) -> Result<Self, Error> {
        let image = Image::that_says("Hello from the load test.\n")?;
        let mut names = Vec::new();
        for number in 0..tags.div_ceil(TAGS) {
            let name = ways.repository(&format!("{purpose}-{number}"));
            ways.alone.upload_blobs(&name, &image).await?;
            names.push(name);
        }
        Ok(Self { names, image })
    }

    /// The push of that number: a tag of its own, and a manifest that no other has.
    fn push(&self, number: usize) -> Push {
        let repository = self.names.get(number / TAGS).cloned().unwrap_or_default();
        Push { repository, tag: format!("v1.{number}.0"), manifest: self.manifest(&number.to_string()) }
    }

    fn manifest(&self, word: &str) -> Bytes {
        let mut manifest: Value = serde_json::from_slice(&self.image.manifest).unwrap_or_default();
        if let Some(fields) = manifest.as_object_mut() {
            fields.insert("annotations".into(), json!({"word": word}));
        }
        manifest.to_string().into()
    }
}

impl Push {
    async fn send(&self, client: &Client, expected: u16) -> Result<u64, Error> {
        time(client.put(&self.repository, &self.tag, &self.manifest), expected).await
    }
}

/// One client that waits for each answer: first pushes, and what comes after them.
pub(super) async fn measure(ways: &Ways, pushes: usize, table: &mut Table) -> Result<(), Error> {
    let (alone, through) = (Shelf::new(ways, "alone", pushes).await?, Shelf::new(ways, "through", pushes).await?);
    let other = alone.manifest("other");
    let mut first = Comparison::new("first push of a tag", Unit::Time);
    let mut again = Comparison::new("the same image again", Unit::Time);
    let mut moved = Comparison::new("another image, refused", Unit::Time);
    let mut latest = Comparison::new("push of `latest`, unprotected", Unit::Time);
    let mut pull = Comparison::new("pull of a manifest", Unit::Time);
    for number in 0..pushes {
        let (around, guarded) = (alone.push(number), through.push(number));
        first.sample(around.send(&ways.alone, 201), guarded.send(&ways.through, 201)).await?;
        again.sample(around.send(&ways.alone, 201), guarded.send(&ways.through, 201)).await?;
        let with = |push: Push, manifest: &Bytes| Push { manifest: manifest.clone(), ..push };
        let (around, guarded) = (with(around, &other), with(guarded, &other));
        moved.sample(around.send(&ways.alone, 201), guarded.send(&ways.through, 409)).await?;
        let to_latest = |push: Push| Push { tag: "latest".into(), ..push };
        let (around, guarded) = (to_latest(around), to_latest(guarded));
        latest.sample(around.send(&ways.alone, 201), guarded.send(&ways.through, 201)).await?;
        let from_alone = time(ways.alone.pull(&around.repository, "latest"), 200);
        pull.sample(from_alone, time(ways.through.pull(&guarded.repository, "latest"), 200)).await?;
    }
    table.extend([first, again, moved, latest, pull]);
    Ok(())
}
