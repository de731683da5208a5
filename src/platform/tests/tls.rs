//! Certificates: who is trusted, and who is let in.

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{PrivateKeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    // Two authorities of one name would differ by their signatures only.
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(by: &Authority, name: &str) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, by).unwrap(), key)
}

fn acceptor(authority: &Authority, name: &str, clients: Option<&Authority>) -> TlsAcceptor {
    let (certificate, key) = issued(authority, name);
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let building = ServerConfig::builder();
    let building = match clients {
        None => building.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            building.with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
        }
    };
    let config = building.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn submitted(tls: TlsAcceptor, ca: &Authority, identity: Option<(String, String)>) -> Submitted {
    let server = Server::run_with(|_| None, willing, Some(tls)).await;
    let files = tempfile::tempdir().unwrap();
    let setting = setting_with(&server.address, |_, access| {
        let ca_file = files.path().join("ca.pem");
        std::fs::write(&ca_file, ca.pem()).unwrap();
        access.ca_file = Some(ca_file);
        access.client = identity.map(|(certificate, key)| {
            let file = files.path().join("client.pem");
            std::fs::write(&file, certificate).unwrap();
            (file, key.into())
        });
    });
    setting.platform.submit(&submission("1")).await
}

fn refusal(submitted: Submitted) -> String {
    match submitted {
        Submitted::Failed(failure) => {
            assert_eq!((failure.class, failure.cause), (Class::Passing, Cause::Unreachable), "{failure:?}");
            failure.code
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn our_own_authority_is_trusted_and_nobody_else() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let taken = submitted(acceptor(&ours, "127.0.0.1", None), &ours, None).await;
    assert!(matches!(taken, Submitted::Acknowledged(_)), "{taken:?}");
    let foreign = submitted(acceptor(&theirs, "127.0.0.1", None), &ours, None).await;
    assert_eq!(refusal(foreign), "tls_unknown_ca");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let ours = authority("ours");
    let other = submitted(acceptor(&ours, "platform.example", None), &ours, None).await;
    assert_eq!(refusal(other), "tls_wrong_name");
}

#[tokio::test]
async fn a_platform_that_wants_a_client_certificate_gets_it_or_nothing_is_in_doubt() {
    let (ours, clients) = (authority("ours"), authority("theirs"));
    let with = |identity| submitted(acceptor(&ours, "127.0.0.1", Some(&clients)), &ours, identity);
    let (certificate, key) = issued(&clients, "dangri");
    let taken = with(Some((certificate.pem(), key.serialize_pem()))).await;
    assert!(matches!(taken, Submitted::Acknowledged(_)), "{taken:?}");
    let Submitted::Failed(failure) = with(None).await else { panic!() };
    // The alert may be lost to the reset that follows it; nothing was sent in either case, for the login comes first.
    assert_eq!(failure.class, Class::Passing, "{failure:?}");
}

#[test]
fn certificate_files_that_cannot_be_read_are_told_together() {
    let (profile, mut access) = profile("https://127.0.0.1:1");
    access.ca_file = Some("/nonexistent/ca.pem".into());
    access.client = Some(("/nonexistent/client.pem".into(), "x".into()));
    access.proxy = Some("::::".into());
    let around = Surroundings { clock: ManualClock::at(now()), log: Arc::new(NoExchangeLog), login_book: None };
    let problems = HttpPlatform::new(profile, access, around).err().unwrap();
    let keys: Vec<_> = problems.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["platform.ca_file", "platform.client_certificate", "platform.proxy"]);
}
