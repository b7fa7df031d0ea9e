//! The body of an answer, which notes when it has ended, and when its client should have taken more of it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body as Stream, Bytes, Frame, SizeHint};

use super::activity::AnswerUnderWay;
use super::connection_table::StreamPlace;
use tagseal_distribution::body::Body;
use tagseal_distribution::pace::MinRate;

/// The body of an answer. The request is answered when it is dropped.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    body: Body,
    under_way: AnswerUnderWay,
    /// Its place among all requests, if it is one of several on its connection.
    share: Option<StreamPlace>,
    rate: MinRate,
    has_given: bool,
}

impl AnswerBody {
    /// Makes the body of an answer.
    pub(crate) fn new(body: Body, under_way: AnswerUnderWay, share: Option<StreamPlace>, rate: MinRate) -> Self {
        let this = Self { body, under_way, share, rate, has_given: false };
        this.wait_for_client(0);
        this
    }

    /// Notes that the next move is the client's. With HTTP/1.1, the connection itself knows that; a stream of HTTP/2 is just
    /// not asked for more.
    fn wait_for_client(&self, bytes: usize) {
        if self.share.is_some() {
            self.under_way.must_be_taken(self.rate.time_of(bytes));
        }
    }
}

impl Stream for AnswerBody {
    type Data = Bytes;
    type Error = <Body as Stream>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.share.is_none() {
            // With HTTP/1.1, what is asked for now would only wait behind what the client does not take.
            ready!(this.under_way.poll_no_backlog(context));
            return Pin::new(&mut this.body).poll_frame(context);
        }
        let frame = Pin::new(&mut this.body).poll_frame(context);
        this.has_given |= frame.is_ready();
        match &frame {
            Poll::Ready(Some(Ok(frame))) => this.wait_for_client(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(_) | Poll::Pending => this.under_way.is_taken(),
        }
        frame
    }

    /// A stream has ended only when its client has taken the last byte: what is sent ahead of that would count for nobody.
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && (self.share.is_none() || !self.has_given)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
