export { EditorState, EditorSelection, Compartment, StateEffect, StateField, RangeSet, Annotation, Prec } from "@codemirror/state";
export { EditorView, keymap, Decoration, GutterMarker, gutter, highlightSpecialChars } from "@codemirror/view";
export { history, historyKeymap, insertNewline, isolateHistory, standardKeymap, undo, redo, indentMore, indentLess, moveLineUp, moveLineDown, toggleTabFocusMode } from "@codemirror/commands";
export { search, openSearchPanel, closeSearchPanel, findNext, findPrevious } from "@codemirror/search";
export { Language, defineLanguageFacet, languageDataProp, syntaxHighlighting, syntaxTree } from "@codemirror/language";
export { tagHighlighter, tags } from "@lezer/highlight";
export { parser, GFM } from "@lezer/markdown";
