//! Secrets are named, never written down in a configuration.

use std::{fmt, path::PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Where a secret lies: `file:/path`, `env:NAME` or `credential:NAME` (systemd's `LoadCredential=`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// The whole content of a file, without the line end at its end.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

impl SecretRef {
    /// Reads a reference; `None` for anything else, above all for a secret written down itself.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        if rest.is_empty() {
            return None;
        }
        match scheme {
            "file" => Some(Self::File(rest.into())),
            "env" => Some(Self::Env(rest.into())),
            "credential" if !rest.contains('/') => Some(Self::Credential(rest.into())),
            _ => None,
        }
    }

    /// Fetches the secret.
    ///
    /// # Errors
    /// A Chinese sentence that says what could not be read.
    pub fn fetch(&self) -> Result<SecretString, String> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|e| format!("读不出密钥文件 {}：{e}", path.display()))?,
            Self::Env(name) => std::env::var(name).map_err(|_| format!("环境变量 {name} 没有设置"))?,
            Self::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| "没有 CREDENTIALS_DIRECTORY，credential: 只能在 systemd 服务中使用".to_owned())?;
                std::fs::read_to_string(PathBuf::from(folder).join(name)).map_err(|e| format!("读不出凭据 {name}：{e}"))?
            }
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(format!("{self} 是空的"));
        }
        Ok(SecretString::from(text))
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::Credential(name) => write!(f, "credential:{name}"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The text itself is not repeated: it may be the secret.
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("密钥不能直接写在配置里，请写成 file:路径、env:变量名 或 credential:名称"))
    }
}
