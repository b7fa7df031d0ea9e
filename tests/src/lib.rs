//! What the suites of this folder share.

pub mod answer;
pub mod generate;
pub mod hostile;
pub mod reference;
pub mod workload;
