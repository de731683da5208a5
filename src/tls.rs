//! How all of dangri's own connections are encrypted: one provider of cryptography for the platform, the alert channels and the pings.

/// Puts the provider in place; whoever builds a client calls this first.
pub fn provide() {
    // Whoever was first has put the same one there.
    drop(rustls::crypto::ring::default_provider().install_default());
}
