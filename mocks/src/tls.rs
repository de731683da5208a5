//! TLS of the platform's port.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

use crate::setup::Tls;

/// Makes an acceptor of PEM texts.
///
/// # Errors
/// PEM that cannot be read, or a key that does not fit its certificate.
pub(crate) fn acceptor(tls: &Tls) -> io::Result<TlsAcceptor> {
    let chain = certificates(&tls.certificates)?;
    let key = PrivateKeyDer::from_pem_slice(tls.key.as_bytes()).map_err(|e| io::Error::other(format!("私钥无法读取：{e}")))?;
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().map_err(io::Error::other)?;
    let config = match &tls.client_authority {
        None => config.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(pem)? {
                roots.add(authority).map_err(io::Error::other)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(io::Error::other)?;
            config.with_client_cert_verifier(verifier)
        }
    };
    let mut config = config.with_single_cert(chain, key).map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(pem: &str) -> io::Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let all = all.map_err(|e| io::Error::other(format!("证书无法读取：{e}")))?;
    if all.is_empty() {
        return Err(io::Error::other("证书文件里没有证书"));
    }
    Ok(all)
}
