//! One file for each registry whose rules are read or written.

pub(super) mod acr;
pub(super) mod alibaba;
pub(super) mod ecr;
pub(super) mod gitlab;
pub(super) mod google;
pub(super) mod harbor;
mod harbor_rules;
mod harbor_terraform;
pub(super) mod hub;
pub(super) mod nexus;
pub(super) mod oracle;
pub(super) mod quay;
pub(super) mod swr;
pub(super) mod tcr;
pub(super) mod zot;
mod zot_access;
