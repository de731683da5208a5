//! Writing the elements of a document.

/// A document being written, two blanks a level.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// Begins a document with its declaration and root element.
    pub(super) fn document(root: &str) -> Self {
        let mut text = String::with_capacity(8192);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
        text.push_str(root);
        text.push_str(" xmlns=\"urn:dangri:document:1\">\n");
        Self { text, depth: 1 }
    }

    /// The finished text; `root` is closed.
    pub(super) fn finish(mut self, root: &str) -> String {
        self.depth = 0;
        self.end(root);
        self.text
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// An element around what `inside` writes.
    pub(super) fn group(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.group_with(name, &[], inside);
    }

    /// The same with attributes.
    pub(super) fn group_with(&mut self, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Self)) {
        self.begin(name, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.end(name);
    }

    /// An element with text.
    pub(super) fn leaf(&mut self, name: &str, value: &str) {
        self.leaf_with(name, &[], value);
    }

    /// The same with attributes.
    pub(super) fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], value: &str) {
        self.begin(name, attributes);
        self.text.push('>');
        self.escaped(value);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.text.push_str("/>\n");
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.indent();
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn escaped(&mut self, value: &str) {
        if !value.contains(['&', '<', '>', '"']) {
            self.text.push_str(value);
            return;
        }
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                other => self.text.push(other),
            }
        }
    }
}
