//! The bodies of requests and answers.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::body::{Body as Stream, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::pace::{MinRate, Pace};

/// A body: one that is forwarded as it comes, or one that was made here.
pub type Body = Either<Streamed, Full<Bytes>>;

/// Makes a body of these bytes.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Either::Right(Full::new(bytes.into()))
}

/// Makes a body that is forwarded as it comes.
pub fn streamed(body: Incoming) -> Body {
    Either::Left(Streamed::from(body))
}

/// A body that is forwarded as it comes, perhaps within limits of its rate and of its time.
#[derive(Debug)]
pub struct Streamed {
    body: Incoming,
    pace: Option<Pace>,
    end: Option<Pin<Box<Sleep>>>,
}

/// A body did not end in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body did not end in time")]
pub struct Endless;

impl From<Incoming> for Streamed {
    fn from(body: Incoming) -> Self {
        Self { body, pace: None, end: None }
    }
}

impl Streamed {
    /// Sets the least rate at which it must come.
    pub fn with_min_rate(self, rate: MinRate) -> Self {
        Self { pace: Some(Pace::new(rate)), ..self }
    }

    /// Sets how long it may take from now on.
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { end: Some(Box::pin(sleep(limit))), ..self }
    }
}

impl Stream for Streamed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Some(Err(Endless.into())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let (Some(pace), Some(Ok(frame))) = (&mut this.pace, &frame) {
                pace.progress(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let Some(pace) = &mut this.pace else { return Poll::Pending };
        let too_slow = ready!(pace.poll_too_slow(context));
        Poll::Ready(Some(Err(too_slow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
