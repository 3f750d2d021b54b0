// Turns the story's textarea in admin into an editor. Without scripts, the textarea
// with its HTML remains. The policy of the site forbids injected styles, so the editor
// is told not to inject any; article-editor.css has what it needs.
import {
  Blockquote, Bold, BulletList, Caption, Document, Editor, Figure, HTML, HardBreak,
  Heading, History, HorizontalRule, Image, Italic, Link, ListItem, Menu, OrderedList,
  Paragraph, Strike, Subscript, Superscript, Table, TableCell, TableHeader, TableRow,
  Text, Underline,
} from "../django_prose_editor/editor.js";

const extensions = [
  Document, Paragraph, Text, HardBreak, History, HTML, Menu,
  Heading.configure({ levels: [2, 3, 4] }),
  Bold, Italic, Strike, Subscript, Superscript, Underline,
  BulletList, OrderedList, ListItem, Blockquote, HorizontalRule,
  Link.configure({ enableTarget: false, protocols: ["http", "https", "mailto"] }),
  Figure, Image, Caption, Table, TableRow, TableHeader, TableCell,
];

for (const textarea of document.querySelectorAll("[data-article-editor]")) {
  const element = document.createElement("div");
  element.className = "prose-editor";
  textarea.before(element);
  element.append(textarea);
  const editor = new Editor({
    element,
    extensions,
    content: textarea.value,
    injectCSS: false,
    editorProps: { attributes: { "aria-label": "Body", role: "textbox", "aria-multiline": "true" } },
    // The textarea is left as it came until somebody changes the text.
    onUpdate: () => {
      textarea.value = editor.isEmpty ? "" : editor.getHTML();
    },
  });
}
