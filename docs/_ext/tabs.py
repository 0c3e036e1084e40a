"""The directives `tabs` and `tab`: alternatives of which one is visible, without scripts.

    :::::{tabs}
    ::::{tab} CPU
    ...
    ::::
    :::::

Each tab is a radio button, its label and a panel. `skseq.css` hides the panels of the buttons
that are not selected. Other builders than HTML show the labels and panels one below the other.
"""

from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Tabs(SphinxDirective):
    """Show the tabs in the content."""

    has_content = True

    def run(self):
        group = self.env.new_serialno("tabs")
        content = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, content)
        tabs = nodes.container(classes=["tabs"])
        for k, panel in enumerate(content.findall(lambda node: "tab-label" in node)):
            name = f"tabs-{group}-{k}"
            checked = "" if k else " checked"
            label = escape(panel["tab-label"])
            tabs += nodes.raw(
                "",
                f'<input type="radio" name="tabs-{group}" id="{name}"{checked}>'
                f'<label for="{name}">{label}</label>',
                format="html",
            )
            tabs += panel
        return [tabs]


class Tab(SphinxDirective):
    """Show the content under the label in the argument."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        panel = nodes.container(classes=["panel"])
        panel["tab-label"] = self.arguments[0]
        self.state.nested_parse(self.content, self.content_offset, panel)
        return [panel]


def setup(app):
    """Register the directives."""
    app.add_directive("tabs", Tabs)
    app.add_directive("tab", Tab)
    return {"parallel_read_safe": True}
