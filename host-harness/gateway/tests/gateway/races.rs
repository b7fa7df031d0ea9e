//! Races: the first push wins, no other does, and the tag has the image of the winner.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;

use tagseal_test_support::image::Image;
use tagseal_test_support::registry::Registry;
use tagseal_test_support::stack::{Act, Stack};

/// The number of rounds of each race.
const ROUNDS: usize = 200;

/// Pushes different images to one absent tag, all at the same time, through these gateways in turns.
pub(crate) async fn race(behind: &Registry, gateways: &[&Registry], images: &[Image], round: usize) {
    let tag = format!("v{round}");
    let start = Arc::new(Barrier::new(images.len()));
    let pushes: Vec<_> = images
        .iter()
        .zip(gateways.iter().cycle())
        .map(|(image, gateway)| {
            let (client, image, tag, start) = ((*gateway).clone(), image.clone(), tag.clone(), Arc::clone(&start));
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
            assert_eq!(answer.refusal(), "409 DENIED", "round {round}: {}", answer.message());
        }
    }
    assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
    assert_eq!(winners.first(), Some(&behind.resolve("prod/app", &tag).await), "round {round}");
}

/// Deletes a manifest that only a moving tag needs through one gateway, while it is pushed under a protected tag through another
/// or the same one.
pub(crate) async fn delete_while_pushed(behind: &Registry, pushing: &Registry, deleting: &Registry, rounds: usize) {
    let image = Image::oci("a");
    behind.upload("prod/app", &image).await;
    for round in 0..rounds {
        let repository = format!("prod/app-{round}");
        behind.push(&repository, "latest", &image).await;
        let path = format!("/v2/{repository}/manifests/{}", image.digest());
        let (push, delete) = tokio::join!(pushing.put(&repository, "v1", &image), deleting.delete(&path));
        assert_eq!(push.status, 201, "round {round}: {push:?}");
        match delete.status.as_u16() {
            202 => {}
            405 => assert_eq!(delete.refusal(), "405 DENIED"),
            _ => panic!("round {round}: {delete:?}"),
        }
        assert_eq!(behind.resolve(&repository, "v1").await, image.digest(), "round {round}");
    }
}

/// Images for a race. Of eight, two are the same: both may win.
pub(crate) async fn contenders(behind: &Registry, count: usize) -> Vec<Image> {
    let images: Vec<_> = (0..count).map(|number| Image::oci(&format!("image {}", number % 7))).collect();
    for image in &images {
        behind.upload("prod/app", image).await;
    }
    images
}

async fn races(count: usize) {
    let stack = Stack::new().await;
    // The registry takes a different time for each request.
    let mut asked = 0_u64;
    stack.script(move |_| {
        asked += 1;
        if asked.is_multiple_of(3) { Act::Slow(Duration::from_millis(asked % 7)) } else { Act::Pass }
    });
    let images = contenders(&stack.behind, count).await;
    for round in 0..ROUNDS {
        race(&stack.behind, &[&stack.client], &images, round).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_never_takes_a_protected_tag_with_it() {
    let stack = Stack::new().await;
    delete_while_pushed(&stack.behind, &stack.client, &stack.client, ROUNDS).await;
}

/// Pushes that set several tags together, in opposite orders.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_several_tags_wins_or_loses_all_of_them() {
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
