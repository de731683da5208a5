//! Why a TLS handshake failed, told apart by the only thing that shows it: the words of the error.

use super::classify::Fault;

/// Refusals of the handshake. A missing client certificate shows only at the first read, as an alert; the server had not let us in yet. Only
/// alerts that belong to the handshake stand here, for any other may come when the document has been taken.
pub(super) fn refusal(words: &str) -> Option<(Fault, &'static str, &'static str)> {
    const TABLE: [(&str, &str, &str); 14] = [
        ("UnknownIssuer", "tls_unknown_ca", "平台证书不是由受信任的机构签发；请核对 ca_file"),
        ("not valid for name", "tls_wrong_name", "平台证书与地址不符；请核对平台地址"),
        ("certificate expired", "tls_expired", "平台证书已过期；请通知平台管理员，并核对本机时钟"),
        ("certificate not valid yet", "tls_not_yet", "平台证书尚未生效；请核对本机时钟"),
        ("invalid peer certificate", "tls_bad_cert", "平台证书无效；请通知平台管理员"),
        ("alert: CertificateRequired", "tls_client_cert", "平台要求客户端证书；请设置 client_certificate"),
        ("alert: CertificateExpired", "tls_client_cert", "本机的客户端证书已过期；请换新证书"),
        ("alert: CertificateRevoked", "tls_client_cert", "本机的客户端证书已吊销；请换新证书"),
        ("alert: CertificateUnknown", "tls_client_cert", "平台不认本机的客户端证书"),
        ("alert: BadCertificate", "tls_client_cert", "平台不认本机的客户端证书"),
        ("alert: UnsupportedCertificate", "tls_client_cert", "平台不认本机的客户端证书"),
        ("alert: UnknownCA", "tls_client_cert", "平台不认签发本机客户端证书的机构"),
        ("alert: HandshakeFailure", "tls_refused", "平台拒绝了加密连接；平台可能要求客户端证书或国密算法"),
        ("alert: ProtocolVersion", "tls_refused", "平台的加密协议版本过旧或不兼容"),
    ];
    TABLE.iter().find(|(mark, ..)| words.contains(mark)).map(|(_, code, said)| (Fault::NoConnection, *code, *said))
}
