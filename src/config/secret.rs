//! Secrets, by reference only: the configuration names one and never holds one (等保, faults A8.4).

use std::{
    fmt, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use toml::de::DeValue;

use super::raw::Wrong;

/// Where a secret lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A credential that systemd hands over: a file of this name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// A file that only its owner can read.
    File(PathBuf),
    /// An environment variable; for trying things out.
    Env(String),
}

/// Why a secret could not be had; the text is Chinese and holds nothing of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct SecretError {
    /// Why.
    pub why: String,
    /// What to do.
    pub fix: String,
}

/// The longest secret in bytes; a client key in PEM fits many times.
const LONGEST: u64 = 64 * 1024;

const HOW: &str = "写成 { credential = \"platform\" }（systemd 凭据）或 { file = \"/etc/dangri/secret\" }（权限 0600 的文件）";

impl SecretRef {
    /// Reads a reference; an empty table is none.
    pub(super) fn read_toml(value: &DeValue<'_>, base: &Path) -> Result<Option<Self>, Wrong> {
        let Some(table) = value.as_table() else {
            return Err(Wrong::new("口令不能直接写在配置里（已略去不显示）", format!("{HOW}；写过的口令请作废更换")));
        };
        let mut keys = table.iter();
        let Some((key, value)) = keys.next() else {
            return Ok(None);
        };
        if keys.next().is_some() {
            return Err(Wrong::new("只能写一个来源", HOW));
        }
        let text = value.get_ref().as_str().unwrap_or_default();
        let name: &str = key.get_ref();
        if text.is_empty() {
            return Err(Wrong::new(format!("{name} 后面要写名字"), HOW));
        }
        match name {
            "credential" if text.contains('/') || text == ".." => Err(Wrong::new("凭据只写名字，不写路径", HOW)),
            "credential" => Ok(Some(Self::Credential(text.to_owned()))),
            "file" => Ok(Some(Self::File(base.join(text)))),
            "env" => Ok(Some(Self::Env(text.to_owned()))),
            // The author may have written the secret itself under any name.
            _ => Err(Wrong::new("来源只能是 credential、file 或 env", HOW)),
        }
    }

    /// Fetches the secret; white space at its end does not count.
    ///
    /// # Errors
    /// [`SecretError`] when it is not there, cannot be read, or others can read it too.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        self.read_in(std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).as_deref())
    }

    pub(super) fn read_in(&self, credentials: Option<&Path>) -> Result<SecretString, SecretError> {
        let text = match self {
            Self::Credential(name) => {
                let folder = credentials.ok_or_else(|| SecretError {
                    why: format!("本次运行没有 systemd 凭据目录，找不到凭据“{name}”"),
                    fix: format!("用 systemd 启动并写 LoadCredential={name}:/etc/dangri/cred/{name}，或改用 {{ file = \"…\" }}"),
                })?;
                read_file(&folder.join(name), false)?
            }
            Self::File(path) => read_file(path, true)?,
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError {
                why: format!("没有环境变量 {name}"),
                fix: format!("启动前设置 {name}，或改用 {{ file = \"…\" }}"),
            })?,
        };
        let text = text.trim_end();
        if text.is_empty() {
            return Err(SecretError {
                why: format!("{} 是空的", self.place()), fix: "把平台发给本单位的口令写进去".into()
            });
        }
        Ok(SecretString::from(text))
    }

    fn place(&self) -> String {
        match self {
            Self::Credential(name) => format!("凭据“{name}”"),
            Self::File(path) => format!("文件 {}", path.display()),
            Self::Env(name) => format!("环境变量 {name}"),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = match self {
            Self::Credential(name) => ("credential", name.clone()),
            Self::File(path) => ("file", path.to_string_lossy().into_owned()),
            Self::Env(name) => ("env", name.clone()),
        };
        write!(f, "{{ {key} = {} }}", toml::Value::String(value))
    }
}

/// Reads a secret's file. systemd guards its own folder, and its files may carry a group by access list.
fn read_file(path: &Path, private: bool) -> Result<String, SecretError> {
    let shown = path.display();
    let failed = |error: io::Error| SecretError {
        why: match error.kind() {
            io::ErrorKind::NotFound => format!("没有文件 {shown}"),
            io::ErrorKind::PermissionDenied => format!("无权读取 {shown}"),
            _ => format!("读不出 {shown}（{}）", error.kind()),
        },
        fix: format!("检查 {shown} 是否在，并归运行本程序的用户所有"),
    };
    let about = std::fs::metadata(path).map_err(failed)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(SecretError { why: format!("{shown} 不是口令文件"), fix: "指向一个只含口令的普通文件".into() });
    }
    if private && about.mode() & 0o077 != 0 {
        return Err(SecretError {
            why: format!("{shown} 的权限是 {:04o}，别的用户也能读", about.mode() & 0o7777),
            fix: format!("执行 chmod 600 {shown}"),
        });
    }
    std::fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "s3cret\n").unwrap();
        let secret = SecretRef::File(path.clone());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(secret.read().unwrap_err().why.contains("0640"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret.read().unwrap().expose_secret(), "s3cret");
        std::fs::write(&path, "\n").unwrap();
        assert!(secret.read().unwrap_err().why.contains("空的"));
    }

    #[test]
    fn a_credential_is_found_only_in_the_folder_that_systemd_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("platform"), "abc").unwrap();
        let secret = SecretRef::Credential("platform".into());
        assert!(secret.read_in(None).is_err());
        let read = secret.read_in(Some(folder.path())).unwrap();
        assert_eq!(read.expose_secret(), "abc");
        assert!(!format!("{read:?}").contains("abc"));
    }
}
