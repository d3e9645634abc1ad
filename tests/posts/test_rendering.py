"""How Markdown reads: as GitHub reads it, with emphasis that works in Korean."""

from __future__ import annotations

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from posts.markdown.document import Document
from posts.rendering import Decisions, ImageSize, read_issue, render_markdown

REL = ' rel="noopener"'


def rendered(text: str) -> str:
    """The HTML without what the contract adds to links, white space folded."""
    html = render_markdown(text).replace(REL, "")
    html = re.sub(r' class="(?:item|title|group)"| data-[a-z]+="[^"]*"', "", html)
    return " ".join(html.split()).replace("> <", "><")


def first(html: str, selector: str) -> dict[str, str | None]:
    node = LexborHTMLParser(html).css_first(selector)
    assert node is not None, selector
    return dict(node.attributes)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        # lists
        ("text\n* a\n* b", "<p>text</p><ul><li>a</li><li>b</li></ul>"),
        ("* a\n  - b\n    - c", "<ul><li>a <ul><li>b <ul><li>c</li></ul></li></ul></li></ul>"),
        ("* a\n   - b", "<ul><li>a <ul><li>b</li></ul></li></ul>"),
        ("* a\n    - b", "<ul><li>a <ul><li>b</li></ul></li></ul>"),
        ("1. a\n   * b\n2. c", "<ol><li>a <ul><li>b</li></ul></li><li>c</li></ol>"),
        ("3) a", '<ol start="3"><li>a</li></ol>'),
        ("* a\n+ b", "<ul><li>a</li></ul><ul><li>b</li></ul>"),
        ("* a\n\n* b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("* a\n\n  b", "<ul><li><p>a</p><p>b</p></li></ul>"),
        ("* a\nlazy", "<ul><li>a lazy</li></ul>"),
        ("in\n1986. a", "<p>in 1986. a</p>"),
        ("*\ta\n\t* b", "<ul><li>a <ul><li>b</li></ul></li></ul>"),
        ("- [x] a\n- [ ] b", None),
        # quotes, code, rules, headings
        ("> a\n> > b\nlazy", "<blockquote><p>a</p><blockquote><p>b lazy</p></blockquote>"
         "</blockquote>"),
        ("```py\n<b> *a*\n```", "<pre><code>&lt;b&gt; *a* </code></pre>"),
        ("* a\n  ```\n  b\n  ```", "<ul><li>a <pre><code>b </code></pre></li></ul>"),
        ("    a *b*", "<pre><code>a *b* </code></pre>"),
        ("~~~\na", "<pre><code>a </code></pre>"),
        ("a\n***\nb", "<p>a</p><hr><p>b</p>"),
        ("#a", "<p>#a</p>"),
        ("a  \nb\\\nc\nd", "<p>a<br> b<br> c d</p>"),
        # emphasis
        ("*a* _b_ **c** __d__ ***e***", "<p><em>a</em><em>b</em><strong>c</strong>"
         "<strong>d</strong><em><strong>e</strong></em></p>"),
        ("snake_case_name 2*3*4", "<p>snake_case_name 2<em>3</em>4</p>"),
        ("**(괄호)**를", "<p><strong>(괄호)</strong>를</p>"),
        ("**“인용”**은 *‘강조’*도", "<p><strong>“인용”</strong>은 <em>‘강조’</em>도</p>"),
        ("그는**「引用」**と", "<p>그는<strong>「引用」</strong>と</p>"),
        ("**중요:**텍스트", "<p><strong>중요:</strong>텍스트</p>"),
        ("这是**“重点”**内容", "<p>这是<strong>“重点”</strong>内容</p>"),
        ("11、__말__ 「_말_」과 __말__。", "<p>11、<strong>말</strong> 「<em>말</em>」과 "
         "<strong>말</strong>。</p>"),
        ("（__a__）_b_，c__d__ 말_e_", "<p>（<strong>a</strong>）<em>b</em>，c__d__ 말_e_</p>"),
        ("~~a~~ ~b~ H~2~O", "<p><del>a</del> ~b~ H~2~O</p>"),
        ("** a **", "<p>** a **</p>"),
        # links and images
        ("[a *b*](c)", '<p><a href="c">a <em>b</em></a></p>'),
        ("[a](b(c)d) [e](<f g>)", '<p><a href="b(c)d">a</a><a href="f%20g">e</a></p>'),
        ("[a](\nb\n'c')", '<p><a href="b" title="c">a</a></p>'),
        ("[a [b](c) d](e)", '<p>[a <a href="c">b</a> d](e)</p>'),
        ("[a](b c)", "<p>[a](b c)</p>"),
        ("[A][] [b][a] [a]\n\n[a]: c", '<p><a href="c">A</a><a href="c">b</a>'
         '<a href="c">a</a></p>'),
        ("[a]\n\n[a]: first\n[A]: second", '<p><a href="first">a</a></p>'),
        ("[스트라쎄 ẞ]\n\n[스트라쎄 SS]: u", '<p><a href="u">스트라쎄 ẞ</a></p>'),
        ("[a]: b\n'c'\n\n[a]", '<p><a href="b" title="c">a</a></p>'),
        ("[a][b]", "<p>[a][b]</p>"),
        ("[a](https://예.kr/가?나=1)",
         '<p><a href="https://xn--2j5b.kr/%EA%B0%80?%EB%82%98=1">a</a></p>'),
        # bare addresses
        ("(https://a.example/b_c_d).", '<p>(<a href="https://a.example/b_c_d">'
         "https://a.example/b_c_d</a>).</p>"),
        ("https://a.example/(b)?c=d!", '<p><a href="https://a.example/(b)?c=d">'
         "https://a.example/(b)?c=d</a>!</p>"),
        ("**https://a.example**", '<p><strong><a href="https://a.example">'
         "https://a.example</a></strong></p>"),
        ("[https://a.example](b)", '<p><a href="b">https://a.example</a></p>'),
        ("（https://a.example/b）「https://a.example/c」、https://a.example/d。말",
         '<p>（<a href="https://a.example/b">https://a.example/b</a>）「'
         '<a href="https://a.example/c">https://a.example/c</a>」、'
         '<a href="https://a.example/d">https://a.example/d</a>。말</p>'),
        ("“https://a.example/b” https://a.example/c’d’—e", '<p>“<a href="https://a.example/b">'
         'https://a.example/b</a>” <a href="https://a.example/c%E2%80%99d">'
         "https://a.example/c’d</a>’—e</p>"),
        ("https://a.example/b، https://a.example/c؟ https://a.example/dक।क",
         '<p><a href="https://a.example/b">https://a.example/b</a>، '
         '<a href="https://a.example/c">https://a.example/c</a>؟ '
         '<a href="https://a.example/d%E0%A4%95">https://a.example/dक</a>।क</p>'),
        ("https://a.example/b를 https://a.example/b?c=1에서는, https://a.example의",
         '<p><a href="https://a.example/b">https://a.example/b</a>를 '
         '<a href="https://a.example/b?c=1">https://a.example/b?c=1</a>에서는, '
         '<a href="https://a.example">https://a.example</a>의</p>'),
        ("https://a.example/b-소개 c https://a.example/wiki/가 d https://a.example/책을",
         '<p><a href="https://a.example/b-%EC%86%8C%EA%B0%9C">https://a.example/b-소개</a> c '
         '<a href="https://a.example/wiki/%EA%B0%80">https://a.example/wiki/가</a> d '
         '<a href="https://a.example/%EC%B1%85%EC%9D%84">https://a.example/책을</a></p>'),
        ("https://a_b.c.example/ https://c_d.example https://.e https://-f",
         '<p><a href="https://a_b.c.example/">https://a_b.c.example/</a> '
         "https://c_d.example https://.e https://-f</p>"),
        (r"https://a.example/b\_c [d](https://a.example/e\): https://a.example/f-",
         '<p><a href="https://a.example/b_c">https://a.example/b_c</a> [d]('
         '<a href="https://a.example/e">https://a.example/e</a>): '
         '<a href="https://a.example/f-">https://a.example/f-</a></p>'),
        ("&lt;https://a.example/?b&amp;c&gt;", '<p>&lt;<a href="https://a.example/?b&amp;c">'
         "https://a.example/?b&amp;c</a>&gt;</p>"),
        ("https:// https://... [a](https://...)", "<p>https:// https://... a</p>"),
        ("[a](http://[2001:db8::1]:8080/é) http://[::1]/b",
         '<p><a href="http://[2001:db8::1]:8080/%C3%A9">a</a>'
         '<a href="http://[::1]/b">http://[::1]/b</a></p>'),
        ("https://a.example에서 https://b.example了解，https://예a.example/",
         '<p><a href="https://a.example">https://a.example</a>에서 '
         '<a href="https://b.example">https://b.example</a>了解，'
         '<a href="https://xn--a-vt6f.example/">https://예a.example/</a></p>'),
        ("https://a.example/b·https://a.example/c～https://a.example/가https://a.example/d",
         '<p><a href="https://a.example/b">https://a.example/b</a>·'
         '<a href="https://a.example/c">https://a.example/c</a>～'
         '<a href="https://a.example/%EA%B0%80">https://a.example/가</a>'
         '<a href="https://a.example/d">https://a.example/d</a></p>'),
        ("_https://a.example/b_ ~~c https://a.example/d~~ **https://a.example/e.**",
         '<p><em><a href="https://a.example/b">https://a.example/b</a></em>'
         '<del>c <a href="https://a.example/d">https://a.example/d</a></del>'
         '<strong><a href="https://a.example/e">https://a.example/e</a>.</strong></p>'),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("me@a.example www.a.example ftp://a.example", "<p>me@a.example www.a.example "
         "ftp://a.example</p>"),
        ("<https://a.example/?b&c> <me@a.example>", '<p><a href="https://a.example/?b&amp;c">'
         'https://a.example/?b&amp;c</a><a href="mailto:me@a.example">me@a.example</a></p>'),
        # escapes and entities
        (r"\*a\* \[b\] \# \~ \한", r"<p>*a* [b] # ~ \한</p>"),
        ("&amp; &copy; &#44032; &nosuch; AT&T", "<p>&amp; © 가 &amp;nosuch; AT&amp;T</p>"),
        ("``a ` b`` `c", "<p><code>a ` b</code> `c</p>"),
        # tables
        ("|a|b|\n|-|:-:|\n|c\\|d|*e*|\n|f|", None),
        ("a|b\n-|-\n\nc", None),
        # raw HTML
        ("Vec<T> and <id:customize>", "<p>Vec&lt;T&gt; and &lt;id:customize&gt;</p>"),
        ("<T>\n\na", "<p>&lt;T&gt;</p><p>a</p>"),
        ("a <b>c *d*</b> <kbd>e</kbd>", "<p>a <b>c <em>d</em></b><kbd>e</kbd></p>"),
        ("a <b>open\n\nb", "<p>a <b>open</b></p><p>b</p>"),
        ("<div>\n*a*\n\n*b*\n</div>", "<div> *a* <p><em>b</em></p></div>"),
        ("<details><summary>a</summary>\n\n* b\n\n</details>",
         "<details><summary>a</summary><ul><li>b</li></ul></details>"),
        ('<img src="a.png>\n\ntext', '<p>&lt;img src="a.png&gt;</p><p>text</p>'),
        ('<p><a href="b>c</a></p>\n\nd', '<p><a href="b">c</a></p><p>d</p>'),
        ("<!-- a -->**b**", "<p><strong>b</strong></p>"),
        ("a <!-- b --> c", "<p>a c</p>"),
        ("<!-- a\n\n# b\n-->c\n\nd", "<p>c</p><p>d</p>"),
        ("a <svg><path/></svg> b", "<p>a b</p>"),
        ("<script>\na\n</script>\n\n<style>b</style>\n\nc", "<p>c</p>"),
        # names of tags
        ("a <script> or <style>, <title>과 <svg>", "<p>a &lt;script&gt; or &lt;style&gt;, "
         "&lt;title&gt;과 &lt;svg&gt;</p>"),
        ("a<script>*b*</script>c", "<p>a&lt;script&gt;<em>b</em>&lt;/script&gt;c</p>"),
        ("<title> is *a*\n\n<script> is b\n\nc", "<p>&lt;title&gt; is <em>a</em></p>"
         "<p>&lt;script&gt; is b</p><p>c</p>"),
        ("<table> layouts\n\n<div> a\n\n</div>", "<p>&lt;table&gt; layouts</p><div> a </div>"),
        ("Use <b>, <code> or <div>. A <br> b", "<p>Use &lt;b&gt;, &lt;code&gt; or &lt;div&gt;. "
         "A <br> b</p>"),
        ("Array<a> b<i>c, d<b> 2<p>e", "<p>Array&lt;a&gt; b&lt;i&gt;c, d&lt;b&gt; 2</p><p>e</p>"),
        ("<select><option>a</option></select> b <select> and </select>",
         "<p>a b &lt;select&gt; and &lt;/select&gt;</p>"),
        ('a <font color="red">b</font> <input type="text">',
         '<p>a b &lt;input type="text"&gt;</p>'),
        ("a <small>([b](c))</small> d</b>", '<p>a <small>(<a href="c">b</a>)</small> d</p>'),
        ("<div>a <video> b</div>", "<div>a &lt;video&gt; b</div>"),
        ("a <!logo:1> <?php b ?>\n\n<!DOCTYPE html>\n\n<!-- c", "<p>a &lt;!logo:1&gt; "
         "&lt;?php b ?&gt;</p><p>&lt;!-- c</p>"),
        ("https://a.org/b[원문](https://a.org/c)",
         '<p><a href="https://a.org/b">https://a.org/b</a><a href="https://a.org/c">원문</a></p>'),
        # embeds
        ('<map name="a"><area href="/b" alt="c"></map>', '<p><a href="/b">/b</a></p>'),
        (r"https://a.b/\*c\* https://a.b/\_d\_.", '<p><a href="https://a.b/*c">https://a.b/*c</a>*'
         ' <a href="https://a.b/_d">https://a.b/_d</a>_.</p>'),
        ("[a](https://b.c:65536/) [d](https://b.c:65535/)",
         '<p>a <a href="https://b.c:65535/">d</a></p>'),
        ('a <video src="/b.mp4"></video>', '<p>a <a href="/b.mp4">/b.mp4</a></p>'),
        ('<iframe src="//www.youtube.com/embed/b-c?d"></iframe>\n\ne',
         '<p><a href="https://www.youtube.com/watch?v=b-c">https://www.youtube.com/watch?v=b-c</a>'
         "</p><p>e</p>"),
        ('<object data="/b.pdf">c</object>', '<p><a href="/b.pdf">/b.pdf</a> c</p>'),
        ('<video>\n<source src="/b.mp4">\n</video>',
         '<p><a href="/b.mp4">/b.mp4</a></p>'),
        ('<iframe data-src="https://a.example/b" src="about:blank"></iframe>',
         '<p><a href="https://a.example/b">https://a.example/b</a></p>'),
        ('<iframe src="about:blank"></iframe><iframe src="javascript:a"></iframe>', ""),
        ('<script src="https://gist.github.com/a/1.js?b"></script>\n\n<script src=c.js></script>',
         '<p><a href="https://gist.github.com/a/1">https://gist.github.com/a/1</a></p>'),
        ('- a <script async src="//asciinema.org/a/1.js"></script>', '<ul><li>a '
         '<a href="https://asciinema.org/a/1">https://asciinema.org/a/1</a></li></ul>'),
        ('[<embed src="/b"> c](/d)', '<p><a href="/d"> /b c</a></p>'),
        ("![](https://www.youtube.com/watch?v=b) ![c *d*](https://youtu.be/e 'f')",
         '<p><a href="https://www.youtube.com/watch?v=b">https://www.youtube.com/watch?v=b</a>'
         '<a href="https://youtu.be/e" title="f">c d</a></p>'),
        ("![](https://vimeo.com/1)\n![b][c]\n\n[c]: https://www.youtube.com/embed/d",
         '<p><a href="https://vimeo.com/1">https://vimeo.com/1</a>'
         '<a href="https://www.youtube.com/watch?v=d">b</a></p>'),
        ("![](b/c.mp3) ![d](<e f.PDF#page=2>) ![](https://a.org/g.mp4?h)",
         '<p><a href="b/c.mp3">b/c.mp3</a><a href="e%20f.PDF#page=2">d</a>'
         '<a href="https://a.org/g.mp4?h">https://a.org/g.mp4?h</a></p>'),
        ("[![a](https://youtu.be/b)](/c) <a href='/d'>![e](f.mp4)</a> ![g ![h](i.wav)](j.png)",
         '<p><a href="/c">a</a><a href="/d">e</a>'
         '<img src="j.png" alt="g h" loading="lazy" decoding="async"></p>'),
        ("![a](https://i.ytimg.com/b.jpg) ![c](https://d.mp4) ![e](f.mp4.png)",
         "".join(f'{before}<img src="{src}" alt="{alt}" loading="lazy" decoding="async">'
                 for before, src, alt in (("<p>", "https://i.ytimg.com/b.jpg", "a"),
                                          ("", "https://d.mp4", "c"), ("", "f.mp4.png", "e")))
         + "</p>"),
        ('<a href="/?a=1&noteId=2&copy=3&lt;&gt">b</a>',
         '<p><a href="/?a=1&amp;noteId=2&amp;copy=3&lt;&gt;">b</a></p>'),
        ('<div><a href="/?a&sect&notin=b">&sect &#39c</a></div>',
         '<div><a href="/?a§&amp;notin=b">§ \'c</a></div>'),
        ("<h1>a *b*</h1>\nc *d*\n\n# e\n\n<div><h2>f</h2></div>", '<h2 id="a-b">a *b*</h2>'
         ' c *d* <h2 id="e">e</h2><div><h3>f</h3></div>'),
        ('<h2 align="center"><b>a</b> <a href="/b">c</a></h2>\n\n*d*',
         '<h2 id="a-c"><b>a</b><a href="/b">c</a></h2><p><em>d</em></p>'),
        ('<h2><img src="a.png"></h2>', None),
        # attributes and marks of generators
        ("## a {#b .c d=e}\n\n## f {: #g}\n\nh {.i}\n---\n\n## j ## {#k} ##\n\n# l {/* #m */}",
         '<h2 id="b">a</h2><h2 id="g">f</h2><h2 id="h">h</h2><h2 id="k">j</h2><h2 id="m">l</h2>'),
        ("## a {-}\n\nb {-}", '<h2 id="a">a</h2><p>b {-}</p>'),
        ("## a {#if}\n\n{{ b }} {% c %} {d} {:e} {.f}",
         '<h2 id="a-if">a {#if}</h2><p>{{ b }} {% c %} {d} {:e} {.f}</p>'),
        ('[a](/b){:target="_blank" .c} ![d](/e){: width=5} **f**{.g} `h`{.py}',
         '<p><a href="/b">a</a><img src="/e" alt="d" loading="lazy" decoding="async">'
         "<strong>f</strong><code>h</code></p>"),
        ('<Link href="https://b.org/c">d</Link> <Image src="e" />\n\n<link href="f">',
         '<p>&lt;Link href="<a href="https://b.org/c">https://b.org/c</a>"&gt;d&lt;/Link&gt;'
         ' &lt;Image src="e" /&gt;</p>'),
        ("$$\n\\sum_{i=1}^n x_i\n$$ and $\\max_{x=0}$",
         r"<p>$$ \sum_{i=1}^n x_i $$ and $\max_{x=0}$</p>"),
        ("a\n{: .b}\n\n{:.no_toc}\n\nc", "<p>a </p><p>c</p>"),
        ("[TOC]\n\n[[_toc_]]\n\n* Contents\n{:toc}\n\n[toc]\n---\n\na [TOC]", "<hr><p>a [TOC]</p>"),
        # links within the text
        ("[a](#-b) [c](#whats-d) [e](#e-1)\n## 🔧 B\n## What's D?\n## E\n## E",
         '<p><a href="#b">a</a>'
         '<a href="#what-s-d">c</a><a href="#e-2">e</a></p><h2 id="b">🔧 B</h2>'
         '<h2 id="what-s-d">What\'s D?</h2><h2 id="e">E</h2><h2 id="e-2">E</h2>'),
        ('[a](#b) [c](#D) [e](#f)\n## G {#b}\n<h2 id="d">H</h2>\n\n<a name="f"></a>\n\n'
         '<i id="j">k</i>',
         '<p><a href="#b">a</a><a href="#d">c</a><a href="#author--2">e</a></p><h2 id="b">G</h2>'
         '<h2 id="d">H</h2><span id="author--2"></span><p><i>k</i></p>'),
        ("[a](#%ED%95%9C) [b](#nowhere)\n## 한",
         '<p><a href="#한">a</a><a href="#nowhere">b</a></p>'
         '<h2 id="한">한</h2>'),
        ('<ul>\n<li id="b">c</li>\n</ul>\n\n<table><tr id="d"><td>e</td></tr></table>\n\n'
         '[f](#b) [g](#d)',
         '<ul><li><span id="author--0"></span>c</li></ul>'
         '<table><tbody><tr id="author--1"><td>e</td></tr></tbody></table>'
         '<p><a href="#author--0">f</a><a href="#author--1">g</a></p>'),
        ("<aside>\n💡 [a](b) *c*\n\n- d\n</aside>\ne",
             '<p>💡 <a href="b">a</a><em>c</em></p><ul><li>d</li></ul><p>e</p>'),
        ('<img src="a.mp4" alt="b"> [c <img src="d.mp3">](e)\n\n'
             '<p><img src="//f.example/g.webm"></p>',
             '<p><a href="a.mp4">b</a><a href="e">c d.mp3</a></p>'
             '<p><a href="https://f.example/g.webm">https://f.example/g.webm</a></p>'),
            ("Close it with </div> or </b>. <i>a</i> b</i> c",
         "<p>Close it with &lt;/div&gt; or &lt;/b&gt;. <i>a</i> b c</p>"),
        ("a < b > c <3", "<p>a &lt; b &gt; c &lt;3</p>"),
        # characters
        ("a\u2028b\x00c\ud800", "<p>a b\ufffdc\ufffd</p>"),
        ("a\r\nb\rc", "<p>a b c</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_reads_as_its_author_meant(markdown: str, html: str | None) -> None:
    if html is not None:
        assert rendered(markdown) == html
    else:
        assert re.search("<table|<input|<h2><img", rendered(markdown))


def test_a_table_scrolls_in_a_box_of_its_own_and_keeps_its_alignment() -> None:
    html = render_markdown("|a|b|\n|-|:-:|\n|c\\|d|*e*|lost|\n|f|")
    assert first(html, "div.table") == {"class": "table", "tabindex": "0"}
    assert first(html, "th + th") == {"class": "align-center"}
    cells = [cell.text() for cell in LexborHTMLParser(html).css("tbody td")]
    assert cells == ["c|d", "e", "f"]


def test_an_empty_heading_of_a_column_is_an_empty_cell() -> None:
    html = render_markdown("| |b|\n|:-|-|\n|c|d|")
    cells = [(cell.tag, cell.text()) for cell in LexborHTMLParser(html).css("thead *:not(tr)")]
    assert cells == [("td", ""), ("th", "b")]


def test_a_task_is_a_disabled_check_box() -> None:
    html = render_markdown("- [x] done\n- [ ] todo")
    done, todo = LexborHTMLParser(html).css("li.task input")
    assert done.attributes.keys() == {"type", "aria-label", "disabled", "checked"}
    assert todo.attributes.keys() == {"type", "aria-label", "disabled"}


def test_headings_have_an_anchor() -> None:
    html = render_markdown("## 오늘의 소식")
    assert first(html, "h2") == {"id": "오늘의-소식"}


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://a.example/)", "<https://a.example/>", "https://a.example/", "[a](/about/)",
        '<a href="https://a.example/" target="_blank" rel="nofollow">a</a>',
        '<div><a href="https://a.example/">a</a></div>',
    ],
)  # fmt: skip
def test_a_link_of_the_editor_is_one_and_gives_nothing_away(text: str) -> None:
    assert first(render_markdown(text), "a")["rel"] == "noopener"


@pytest.mark.parametrize("text", ["[a](#b)", '<a href="#b">a</a>', "a[^1]\n\n[^1]: b"])
def test_a_link_inside_the_page_has_no_relation(text: str) -> None:
    assert "rel=" not in render_markdown(text)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n###### c\n", [2, 3, 4]),
        ("## a\n### b\n## c\n", [2, 3, 2]),
        ("### a\n#### b\n### c\n# d\n### e\n", [2, 3, 2, 2, 3]),
        ("# a\n> # b\n\n- # c\n\n## d\n", [2, 3, 3, 3]),
        ("".join(f"{'#' * level} a\n" for level in range(1, 7)), [2, 3, 4, 5, 6, 6]),
    ],
)
def test_headings_begin_below_that_of_the_page_and_skip_no_level(
    text: str, levels: list[int]
) -> None:
    html = "".join(read_issue(Document(text)).to_html())
    assert [int(level) for level in re.findall(r"<h(\d)", html)] == levels


def test_an_item_says_where_it_leads_and_has_its_anchor() -> None:
    parsed = read_issue(Document("* **Title**: see [a](https://www.arxiv.org/abs/1)\n* text\n"))
    html = parsed.to_html([["item-x", "item-y"]])[0]
    assert first(html, "li") == {"id": "item-x"}
    assert first(html, "#item-x > strong") == {"class": "title"}
    assert first(html, "#item-x > a:last-child") == {
        "href": "#item-x", "data-host": "arxiv.org", "data-kind": "paper",
    }  # fmt: skip
    assert first(html, "#item-y > a") == {"href": "#item-y"}


def test_a_heading_that_is_an_item_has_the_anchors_of_both_and_one_permalink() -> None:
    parsed = read_issue(Document("# [a](https://a.example/)\n\nb\n\nc\n"))
    page = LexborHTMLParser(parsed.to_html([["item-1"]])[0])
    assert first(page.html or "", "h2")["id"] == "a"
    assert first(page.html or "", "h2 > span")["id"] == "item-1"
    assert [link.attributes["href"] for link in page.css("a:empty")] == ["#item-1"]

    html = parsed.to_html([["item-1"]], Decisions(hidden=frozenset({(0, 0)})))[0]
    assert " ".join(html.split()) == '<span id="a"></span> <p>c</p>'


def test_groups_are_marked() -> None:
    html = render_markdown("**Topic**\n\n* Inner\n  * [a](https://a.example/)\n")
    assert first(html, "p.group") == {"class": "group"}
    assert first(html, "li.group > ul > li > a.title")["href"] == "https://a.example/"


def test_nothing_is_added_to_the_text_an_author_wrote() -> None:
    text = "# H\n\n* [a](https://a.example/)\n\n![i](i.png)\n\n- [x] t\n\n| c |\n|---|\n"
    html = read_issue(Document(text)).to_html([["item-1", "item-2"]])[0]
    body = LexborHTMLParser(html).body
    assert body is not None
    assert body.text().split() == ["H", "a", "t", "c"]


def test_an_image_alone_is_a_figure_with_its_title_as_caption() -> None:
    html = render_markdown('![alt *x*](https://a.example/i.png "The *title*")')
    assert first(html, "figure > img") == {
        "src": "https://a.example/i.png",
        "alt": "alt x",
        "loading": "lazy",
        "decoding": "async",
        "title": "The *title*",
    }
    assert "<figcaption>The *title*</figcaption>" in html
    assert "figcaption" not in render_markdown("![a](b.png)")
    assert "figure" not in render_markdown("![a](b.png) text")


def test_a_known_image_is_shown_from_its_own_address_in_its_size() -> None:
    images = {"i.png": ImageSize("/media/i.webp", 640, 480)}
    html = read_issue(Document("![a](i.png)")).to_html(images=images)[0]
    image = first(html, "img")
    assert (image["src"], image["width"], image["height"]) == ("/media/i.webp", "640", "480")


def test_footnotes_stand_at_the_end_numbered_by_first_use_and_link_back() -> None:
    text = "a[^b] c[^x] d[^b] [^none]\n\n[^x]: second\n# H\n\n[^b]: first\n\n    more\n"
    parsed = read_issue(Document(text))
    one, two = parsed.to_html()
    assert re.findall(r'id="(fnref-[\d-]+)"', one) == ["fnref-1", "fnref-2", "fnref-1-2"]
    assert "[^none]" in one
    notes = LexborHTMLParser(two).css("section.footnotes > ol > li")
    assert [note.attributes["id"] for note in notes] == ["fn-1", "fn-2"]
    assert [note.text().split() for note in notes] == [["first", "more"], ["second"]]
    assert two.count('href="#fnref-1') == 2


def test_sections_share_their_definitions() -> None:
    text = "[a] [b]\n\n[b]: https://b.example/\n# H\n\n[a]: https://a.example/\n"
    one, two = read_issue(Document(text)).to_html()
    assert 'href="https://a.example/"' in one
    assert 'href="https://b.example/"' in one
    assert "example" not in two


TWO_LINKS = (
    "* [a](https://a.example/) said\n* <a href='https://b.example/'>b</a>\n\nhttps://a.example/\n"
)


def test_a_blocked_link_leaves_its_text_wherever_it_stands() -> None:
    decisions = Decisions(blocked=frozenset({"https://a.example/", "https://b.example/"}))
    html = read_issue(Document(TWO_LINKS)).to_html(decisions=decisions)[0]
    blocked = LexborHTMLParser(html).css("span.blocked-link")
    assert [node.text() for node in blocked] == ["a", "b", "https://a.example/"]
    assert "<a" not in html


def test_a_replaced_link_leads_elsewhere_with_its_text_as_it_was() -> None:
    decisions = Decisions(replaced={"https://a.example/": "https://c.example/ä"})
    html = read_issue(Document(TWO_LINKS)).to_html(decisions=decisions)[0]
    replaced = LexborHTMLParser(html).css("a.replaced-link")
    assert [(node.attributes["href"], node.text()) for node in replaced] == [
        ("https://c.example/%C3%A4", "a"),
        ("https://c.example/%C3%A4", "https://a.example/"),
    ]


def test_a_link_marked_broken_says_so_in_words_wherever_it_stands() -> None:
    decisions = Decisions(broken=frozenset({"https://a.example/"}))
    html = read_issue(Document(TWO_LINKS)).to_html(decisions=decisions)[0]
    page = LexborHTMLParser(html)
    assert [node.text() for node in page.css("a")] == ["a", "b", "https://a.example/"]
    assert [node.text() for node in page.css("a + small.link-note")] == ["(link broken)"] * 2


def test_a_broken_link_with_a_copy_says_both() -> None:
    decisions = Decisions(
        broken=frozenset({"https://b.example/"}),
        copies={
            "https://a.example/": "https://copy.example/a",
            "https://b.example/": "https://copy.example/b",
        },
    )
    html = read_issue(Document(TWO_LINKS)).to_html(decisions=decisions)[0]
    notes = LexborHTMLParser(html).css("small.link-note")
    assert [note.text() for note in notes] == [
        "(archived copy)",
        "(link broken · archived copy)",
        "(archived copy)",
    ]
    assert notes[1].css_first("a").attributes["href"] == "https://copy.example/b"


def test_a_replaced_link_is_not_called_broken() -> None:
    url = "https://a.example/"
    decisions = Decisions(broken=frozenset({url}), replaced={url: "https://c.example/"})
    html = read_issue(Document(f"[a]({url})")).to_html(decisions=decisions)[0]
    assert [n.text() for n in LexborHTMLParser(html).css("small")] == ["(link replaced)"]


def test_a_replacement_cannot_be_a_script() -> None:
    decisions = Decisions(replaced={"https://a.example/": "javascript:alert(1)"})
    assert "javascript" not in read_issue(Document(TWO_LINKS)).to_html(decisions=decisions)[0]


def test_a_hidden_item_is_gone_but_not_the_items_below_it() -> None:
    text = "* [a](https://a.example/)\n  * [b](https://b.example/)\n* [c](https://c.example/)\n\n[d](https://d.example/)\n"
    hidden = Decisions(hidden=frozenset({(0, 0), (0, 2), (0, 3)}))
    html = read_issue(Document(text)).to_html(decisions=hidden)[0]
    assert [node.text() for node in LexborHTMLParser(html).css("a")] == ["b"]


def test_writing_html_again_gives_the_same_html() -> None:
    parsed = read_issue(Document(TWO_LINKS))
    plain = parsed.to_html()
    parsed.to_html([["x", "y", "z"]], Decisions(blocked=frozenset({"https://a.example/"})))
    assert parsed.to_html() == plain
