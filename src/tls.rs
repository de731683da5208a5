//! How all of dangri's own connections are encrypted: one provider of cryptography for the platform, the alert channels and the pings.

use reqwest::{Client, ClientBuilder};

/// A client to be built, with the provider in place.
pub fn client() -> ClientBuilder {
    // Whoever was first has put the same one there.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
}
