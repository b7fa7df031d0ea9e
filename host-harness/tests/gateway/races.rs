//! Races: whoever comes first wins, nobody else does, and the tag is the winner's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;

use crate::client::Image;
use crate::stack::{Act, Stack};

/// Rounds of each race.
const ROUNDS: usize = 200;

/// So many pushes of different images to one absent tag, all at once; two of them of the same image where there are eight.
async fn race(stack: &Stack, images: &[Image], round: usize) {
    let tag = format!("v{round}");
    let start = Arc::new(Barrier::new(images.len()));
    let pushes: Vec<_> = images
        .iter()
        .map(|image| {
            let (client, image, tag, start) = (stack.client.clone(), image.clone(), tag.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                let answer = client.put("prod/app", &tag, &image).await;
                (image.digest(), answer)
            })
        })
        .collect();
    let mut winners = std::collections::BTreeSet::new();
    for push in pushes {
        let (digest, answer) = push.await.unwrap();
        if answer.status == 201 {
            winners.insert(digest);
        } else {
            assert_eq!(answer.refusal(), "409 DENIED", "round {round}");
        }
    }
    assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
    assert_eq!(winners.first(), Some(&stack.behind.resolve("prod/app", &tag).await), "round {round}");
}

async fn races(contenders: usize) {
    let stack = Stack::new().await;
    // The registry takes its time, now more, now less.
    let mut asked = 0_u64;
    stack.script(move |_| {
        asked += 1;
        if asked.is_multiple_of(3) { Act::Slow(Duration::from_millis(asked % 7)) } else { Act::Pass }
    });
    // Of eight, two push the same image: both may win.
    let images: Vec<_> = (0..contenders).map(|number| Image::oci(&format!("image {}", number % 7))).collect();
    for image in &images {
        stack.behind.upload("prod/app", image).await;
    }
    for round in 0..ROUNDS {
        race(&stack, &images, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_racing_first_pushes_one_wins() {
    races(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_racing_first_pushes_one_image_wins() {
    races(8).await;
}

/// A manifest that only a moving tag needs is deleted while it is pushed under a protected one.
#[tokio::test(flavor = "multi_thread")]
async fn a_delete_never_takes_a_protected_tag_with_it() {
    let stack = Stack::new().await;
    let image = Image::oci("a");
    stack.behind.upload("prod/app", &image).await;
    for round in 0..ROUNDS {
        let repository = format!("prod/app-{round}");
        stack.behind.push(&repository, "latest", &image).await;
        let path = format!("/v2/{repository}/manifests/{}", image.digest());
        let (push, delete) = tokio::join!(stack.client.put(&repository, "v1", &image), stack.client.delete(&path));
        assert_eq!(push.status, 201, "round {round}");
        match delete.status.as_u16() {
            202 => {}
            405 => assert_eq!(delete.refusal(), "405 DENIED"),
            _ => panic!("round {round}: {delete:?}"),
        }
        assert_eq!(stack.behind.resolve(&repository, "v1").await, image.digest(), "round {round}");
    }
}

/// Tags that are set together, in crossing orders.
#[tokio::test(flavor = "multi_thread")]
async fn pushes_of_several_tags_win_or_lose_whole() {
    let stack = Stack::new().await;
    let images = [Image::oci("a"), Image::oci("b")];
    for image in &images {
        stack.behind.upload("prod/app", image).await;
    }
    for round in 0..50 {
        let put = |image: &Image, first: &str, second: &str| {
            let reference = format!("{}?tag={first}-{round}&tag={second}-{round}", image.digest());
            let (client, image) = (stack.client.clone(), image.clone());
            async move { client.put("prod/app", &reference, &image).await.status }
        };
        let (one, other) = tokio::join!(put(&images[0], "a", "b"), put(&images[1], "b", "a"));
        assert_eq!([one.as_u16(), other.as_u16()].iter().filter(|status| **status == 201).count(), 1, "round {round}");
        let winner = if one == 201 { images[0].digest() } else { images[1].digest() };
        for tag in ["a", "b"] {
            assert_eq!(stack.behind.resolve("prod/app", &format!("{tag}-{round}")).await, winner, "round {round}");
        }
    }
}
