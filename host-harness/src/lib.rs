//! Runs a tag policy component: library, command line and gateway.
