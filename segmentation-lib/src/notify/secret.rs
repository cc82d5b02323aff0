//! What events are signed with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::NotifyError;

/// Before the base64 of the bytes.
const PREFIX: &str = "whsec_";

/// A key shared with the receiver. It is never printed.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads a secret as it is written down.
    ///
    /// # Errors
    /// Another form, fewer than 24 bytes or more than 64.
    pub fn parse(text: &str) -> Result<Self, NotifyError> {
        let wrong = |what| NotifyError::Secret { what };
        let encoded =
            text.trim().strip_prefix(PREFIX).ok_or_else(|| wrong("the secret does not begin with whsec_"))?;
        let bytes = STANDARD.decode(encoded).map_err(|_| wrong("the secret is not base64 behind whsec_"))?;
        match bytes.len() {
            24..=64 => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))),
            _ => Err(wrong("the secret has too few bytes or too many")),
        }
    }

    /// A new one as text.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn generate() -> Result<String, NotifyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| NotifyError::NoRandom)?;
        Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// The value of `webhook-signature`.
    pub(super) fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the specification's reference implementations.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature =
            secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_new_secret_is_usable_and_another_each_time() {
        let made = [Secret::generate().expect("random"), Secret::generate().expect("random")];
        assert!(made[0] != made[1] && made.iter().all(|text| Secret::parse(text).is_ok()));
    }

    #[test]
    fn other_texts_are_refused_without_being_repeated() {
        for text in ["", "secret", "whsec_", "whsec_%%%", "whsec_c2hvcnQ="] {
            let error = Secret::parse(text).expect_err("refused").to_string();
            assert!(error.contains("whsec_ and the base64") && !error.contains("c2hvcnQ"), "{error}");
        }
    }
}
