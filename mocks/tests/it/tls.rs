//! HTTPS, and client certificates where they are asked for.

use std::sync::Arc;

use dangri_mocks::{Platform, Running, Setup, Tls};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::harness::{Ask, Line, setup};

struct Papers {
    authority: String,
    certificate: String,
    key: String,
}

/// An authority and one certificate of it, good for server and client.
fn papers() -> Papers {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    Papers { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
}

async fn ask(platform: &Running, authority: &str, own: Option<&Papers>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some(p) => {
            let chain = vec![CertificateDer::from_pem_slice(p.certificate.as_bytes()).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(p.key.as_bytes()).unwrap()).unwrap()
        }
    };
    let tcp = TcpStream::connect(platform.address()).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut line = Line::over(TlsConnector::from(Arc::new(config)).connect(name, tcp).await?);
    line.ask(Ask::get("/schema")).await.map(|r| r.code().to_owned())
}

#[tokio::test]
async fn the_platform_speaks_tls_and_may_want_a_client_certificate() {
    let (own, foreign) = (papers(), papers());
    let tls = Tls { certificates: own.certificate.clone(), key: own.key.clone(), client_authority: None };
    let open = Platform::start(Setup { tls: Some(tls.clone()), ..setup() }).await.unwrap();
    assert!(open.base_url().starts_with("https://"));
    assert_eq!(ask(&open, &own.authority, None).await.unwrap(), "02", "there, and without a token");
    assert!(ask(&open, &foreign.authority, None).await.is_err(), "of an unknown authority");
    let tls = Tls { client_authority: Some(own.authority.clone()), ..tls };
    let strict = Platform::start(Setup { tls: Some(tls), ..setup() }).await.unwrap();
    assert_eq!(ask(&strict, &own.authority, Some(&own)).await.unwrap(), "02");
    assert!(ask(&strict, &own.authority, None).await.is_err(), "without a certificate");
    assert!(ask(&strict, &own.authority, Some(&foreign)).await.is_err(), "with somebody else's");
}
