//! Many clients that push at the same time, each into a repository of its own.

use std::time::Instant;

use tokio::task::JoinSet;

use super::comparison::{Comparison, Table, Unit, rate};
use super::random::random_bytes;
use super::ways::{Ways, check};
use crate::command::client::{Client, Error};
use crate::command::image::Image;

/// How many times all clients push, each way.
const ROUNDS: usize = 5;
/// Bytes of the layer of an image.
const LAYER: usize = 1 << 20;

/// What one client pushes, under tags that are new.
struct Work {
    repository: String,
    images: Vec<Image>,
}

/// What of an image a client pushes in a row of the table.
#[derive(Clone, Copy)]
enum Part {
    /// The manifest, of a small image whose blobs are there.
    Manifest,
    /// Everything: the configuration, a layer of 1 MiB that the registry doesn't have, and the manifest.
    Image,
}

/// First pushes of manifests, and of images.
///
/// # Errors
///
/// Fails where an answer is not `201`.
pub(super) async fn measure(ways: &Ways, pushes: usize, clients: usize, table: &mut Table) -> Result<(), Error> {
    let mut manifests = Comparison::new(format!("manifests of {clients} clients"), Unit::PerSecond);
    let mut images = Comparison::new(format!("images of {clients} clients"), Unit::PerSecond);
    for round in 0..ROUNDS {
        // An image is ten requests' worth of work and a mebibyte of memory, so there are fewer of them.
        let parts = [
            (&mut manifests, Part::Manifest, pushes.div_ceil(clients)),
            (&mut images, Part::Image, pushes.div_ceil(10 * clients)),
        ];
        for (comparison, part, each) in parts {
            let alone = prepare(ways, &format!("alone-{round}"), part, clients, each).await?;
            let through = prepare(ways, &format!("through-{round}"), part, clients, each).await?;
            comparison.sample(push_all(&ways.alone, alone, part), push_all(&ways.through, through, part)).await?;
        }
    }
    table.extend([manifests, images]);
    Ok(())
}

/// The work of all clients, with nothing left to compute. What a row doesn't measure is at the registry already.
async fn prepare(ways: &Ways, name: &str, part: Part, clients: usize, each: usize) -> Result<Vec<Work>, Error> {
    let mut all = Vec::new();
    for client in 0..clients {
        let (kind, layer) = match part {
            Part::Manifest => ("manifests", 16),
            Part::Image => ("images", LAYER),
        };
        let repository = ways.repository(&format!("{kind}-{name}-{client}"));
        let mut images = Vec::new();
        for number in 0..each {
            let text = format!("{repository} {number}");
            images.push(Image::with_layer(&text, random_bytes(&text, layer)));
        }
        if let Part::Manifest = part {
            for image in &images {
                ways.alone.upload_blobs(&repository, image).await?;
            }
        }
        all.push(Work { repository, images });
    }
    Ok(all)
}

/// All clients at the same time: how many pushes a second.
async fn push_all(client: &Client, all: Vec<Work>, part: Part) -> Result<u64, Error> {
    let pushes = all.iter().map(|work| work.images.len()).sum();
    let start = Instant::now();
    let mut pushing = JoinSet::new();
    for Work { repository, images } in all {
        let client = client.clone();
        pushing.spawn(async move {
            for (number, image) in images.iter().enumerate() {
                let tag = format!("v1.{number}.0");
                let answer = match part {
                    Part::Manifest => client.put(&repository, &tag, &image.manifest).await?,
                    Part::Image => client.push(&repository, &tag, image).await?,
                };
                check(&answer, 201)?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(pushed) = pushing.join_next().await {
        pushed??;
    }
    Ok(rate(pushes, start.elapsed()))
}
