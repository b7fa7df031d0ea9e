//! Uploads and downloads of blobs.

use std::time::Instant;

use hyper::body::Bytes;

use super::comparison::{Comparison, Table, Unit, rate};
use super::random::random_bytes;
use super::ways::{Ways, check};
use crate::command::client::{Client, Error};
use crate::command::image::digest;

/// Bytes of a blob.
const SIZE: usize = 32 << 20;

/// Uploads blobs, and downloads each of them again.
pub(super) async fn measure(ways: &Ways, blobs: usize, table: &mut Table) -> Result<(), Error> {
    let mebibytes = SIZE >> 20;
    let mut up = Comparison::new(format!("upload of {mebibytes} MiB"), Unit::BytesPerSecond);
    let mut down = Comparison::new(format!("download of {mebibytes} MiB"), Unit::BytesPerSecond);
    for number in 0..blobs {
        let repository = ways.repository("blobs");
        let [alone, through] = ["alone", "through"].map(|way| {
            let blob = random_bytes(&format!("{repository} {way} {number}"), SIZE);
            (digest(&blob), blob)
        });
        let uploaded = upload(&ways.alone, &repository, &alone);
        up.sample(uploaded, upload(&ways.through, &repository, &through)).await?;
        // Both ways fetch the same blob, the one that was written last.
        let downloaded = download(&ways.alone, &repository, &through.0);
        down.sample(downloaded, download(&ways.through, &repository, &through.0)).await?;
    }
    table.extend([up, down]);
    Ok(())
}

/// Uploads a blob: how many bytes a second.
async fn upload(client: &Client, repository: &str, (digest, blob): &(String, Bytes)) -> Result<u64, Error> {
    let start = Instant::now();
    let answer = client.upload(repository, blob, digest).await?;
    let taken = start.elapsed();
    check(&answer, 201)?;
    Ok(rate(blob.len(), taken))
}

async fn download(client: &Client, repository: &str, digest: &str) -> Result<u64, Error> {
    let start = Instant::now();
    let bytes = client.download(repository, digest).await?;
    let taken = start.elapsed();
    if bytes == SIZE { Ok(rate(bytes, taken)) } else { Err(format!("{bytes} bytes came instead of {SIZE}").into()) }
}
