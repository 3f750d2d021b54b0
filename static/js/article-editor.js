// Turns the story's textarea in admin into an editor. Without scripts, the textarea
// with its HTML remains; so it does for a story that the editor would not keep whole.
// The policy of the site forbids injected styles, so the editor is told not to inject
// any; article-editor.css has what it needs.
import {
  Blockquote, Bold, BulletList, Code, CodeBlock, Document, Editor, HTML, HardBreak,
  Heading, History, HorizontalRule, Italic, Link, ListItem, Menu, OrderedList,
  Paragraph, Strike, Subscript, Superscript, Table, TableCell, TableHeader, TableRow,
  Text, Underline,
} from "../django_prose_editor/editor.js";

const extensions = [
  Document, Paragraph, Text, HardBreak, History, HTML, Menu,
  Heading.configure({ levels: [2, 3, 4] }),
  Bold, Italic, Strike, Subscript, Superscript, Underline, Code, CodeBlock,
  BulletList, OrderedList, ListItem, Blockquote, HorizontalRule,
  Link.configure({ enableTarget: false, protocols: ["http", "https", "mailto"] }),
  Table, TableRow, TableHeader, TableCell,
];

// All that a text consists of: its elements, their attributes, and the text itself.
// The same emphasis has two names, and every link gets its `rel` when it is saved.
const partsOf = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const names = { b: "strong", i: "em" };
  const parts = [...body.querySelectorAll("*")].flatMap((element) => {
    const name = names[element.localName] ?? element.localName;
    const attributes = [...element.attributes].filter((it) => it.name !== "rel");
    return [name, ...attributes.map((it) => `${name} ${it.name}=${it.value}`)];
  });
  return [...parts, `text ${body.textContent.replace(/\s+/g, "")}`];
};

const keepsAll = (before, after) => {
  const left = partsOf(after);
  const take = (part) => left.includes(part) && left.splice(left.indexOf(part), 1);
  return partsOf(before).every(take);
};

for (const textarea of document.querySelectorAll("[data-article-editor]")) {
  const element = document.createElement("div");
  element.className = "prose-editor";
  textarea.before(element);
  element.append(textarea);
  const editor = new Editor({
    element, extensions, content: textarea.value, injectCSS: false,
    editorProps: { attributes: { "aria-label": textarea.dataset.articleEditor, role: "textbox", "aria-multiline": "true", dir: "auto" } },
    // The textarea is left as it came until somebody changes the text.
    onUpdate: () => {
      textarea.value = editor.isEmpty ? "" : editor.getHTML();
    },
  });
  if (!keepsAll(textarea.value, editor.getHTML())) {
    editor.destroy();
    const note = document.createElement("p");
    note.textContent = textarea.dataset.refusal;
    element.replaceWith(textarea, note);
  }
}
