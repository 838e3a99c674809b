//! The graph of a model: a box for each layer, with its name, its class and its output shape.

mod layout;

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use horn_nn::files::{unwritable, write_atomically};
use horn_nn::layers::{LayerFamily, family_of};
use horn_nn::printable::printable;
use horn_nn::summary::Row;
use horn_nn::{LayerRef, Model, ModelKind, Result};
use unicode_width::UnicodeWidthChar;

use layout::{Layout, Point, Size};

const FONT: &str = "Helvetica, Arial, sans-serif";
const FONT_SIZE: f64 = 13.0;
const SMALL: f64 = 12.0;
const MARGIN: f64 = 24.0;
/// The height of the part with the name, and of the part with the shape below it.
const HEAD: f64 = 28.0;
const FOOT: f64 = 26.0;
const NARROWEST: f64 = 120.0;
/// The distance between the border of an expanded nested model and its layers.
const PADDING: f64 = 20.0;

const TEXT: &str = "#1f2937";
const LABEL: &str = "#4b5563";
const EDGE: &str = "#6b7280";

/// Draws a model's layers and the tensors between them as SVG, as `keras.utils.plot_model` does.
///
/// ```
/// use horn::burn::tensor::Device;
/// use horn::layers::{Add, Dense, Input};
/// use horn::{Apply, Model};
/// use horn::plot::ModelGraph;
///
/// let input = Input([8]);
/// let inner = Dense(8).name("inner").apply(&input)?;
/// let output = Add().apply((&input, &inner))?;
/// let model = Model::new(&input, &output)?.build(&Device::default())?;
/// let svg = ModelGraph::new(&model).svg();
/// assert!(svg.starts_with("<svg") && svg.contains(">inner<") && svg.contains("(None, 8)"));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelGraph<'a> {
    model: &'a Model,
    expand_nested: bool,
}

impl<'a> ModelGraph<'a> {
    /// The graph of this model. A nested model is one box, like a layer.
    pub fn new(model: &'a Model) -> Self {
        Self { model, expand_nested: false }
    }

    /// Whether nested models are drawn with their layers. Off by default.
    #[must_use]
    pub fn expand_nested(self, expand_nested: bool) -> Self {
        Self { expand_nested, ..self }
    }

    /// The drawing as SVG text.
    pub fn svg(&self) -> String {
        let picture = Picture::new(self.model, self.expand_nested);
        let Size { width, height } = picture.layout.size;
        let (width, height) = ((width + 2.0 * MARGIN).ceil(), (height + 2.0 * MARGIN).ceil());
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONT}\" font-size=\"{FONT_SIZE}\" \
             text-anchor=\"middle\">\n<title>{}</title>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" \
             refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 0.5 7.5 4 0 7.5z\" fill=\"{EDGE}\"/></marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
            escaped(self.model.name())
        );
        picture.draw(Point { x: MARGIN, y: MARGIN }, &mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    /// Writes the drawing to an SVG file.
    ///
    /// # Errors
    ///
    /// If the file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let svg = self.svg();
        write_atomically(path, |file| std::io::Write::write_all(file, svg.as_bytes()).map_err(unwritable))
    }
}

/// The boxes of a model, with their positions.
struct Picture {
    nodes: Vec<Node>,
    edges: Vec<(usize, usize)>,
    layout: Layout,
}

/// A layer or a nested model.
struct Node {
    name: String,
    class: String,
    kind: Kind,
    shape: String,
    inside: Option<Picture>,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Input,
    Model,
    /// A layer of this family, if it is in one.
    Layer(Option<LayerFamily>),
}

impl Kind {
    fn of(layer: LayerRef<'_>) -> Self {
        match layer.layer() {
            _ if layer.as_model().is_some() => Self::Model,
            own if own.input_shape().is_some() => Self::Input,
            own => Self::Layer(family_of(own)),
        }
    }
}

impl Picture {
    fn new(model: &Model, expand: bool) -> Self {
        let mut rows = model.to_summary().rows;
        // The summary of a Sequential model does not list its input.
        if model.kind() == ModelKind::Sequential {
            rows.splice(0..0, model.layers().next().map(input));
        }
        let inside = |row: &Row| {
            let nested = model.get_layer(&row.name).ok().and_then(|layer| layer.as_model())?;
            expand.then(|| Self::new(nested, expand))
        };
        let nodes: Vec<Node> = rows
            .iter()
            .map(|row| Node {
                name: row.name.clone(),
                class: row.class_name.clone(),
                kind: model.get_layer(&row.name).map_or(Kind::Layer(None), Kind::of),
                shape: row.output_shape.clone().unwrap_or_default(),
                inside: inside(row),
            })
            .collect();
        let places: HashMap<&str, usize> = rows.iter().enumerate().map(|(at, row)| (row.name.as_str(), at)).collect();
        let mut edges = Vec::new();
        let mut known = HashSet::new();
        for (to, row) in rows.iter().enumerate() {
            for connection in &row.connected_to {
                let edge = places.get(connection.layer.as_str()).map(|&from| (from, to));
                edges.extend(edge.filter(|edge| known.insert(*edge)));
            }
        }
        let sizes: Vec<Size> = nodes.iter().map(Node::size).collect();
        let layout = Layout::new(&sizes, &edges);
        Self { nodes, edges, layout }
    }

    fn draw(&self, origin: Point, svg: &mut String) {
        for (line, _) in self.layout.lines.iter().zip(&self.edges) {
            draw_line(line, origin, svg);
        }
        for (item, place) in self.nodes.iter().zip(&self.layout.places) {
            item.draw(Point { x: origin.x + place.x, y: origin.y + place.y }, svg);
        }
    }
}

fn input(layer: LayerRef<'_>) -> Row {
    Row {
        name: layer.name().to_owned(),
        class_name: layer.layer().class_name().to_owned(),
        output_shape: Some(layer.output_shape().to_string()),
        ..Row::default()
    }
}

impl Node {
    fn size(&self) -> Size {
        let title = text_width(&self.name, FONT_SIZE) * 1.1 + text_width(&format!(" ({})", self.class), FONT_SIZE);
        let own = title.max(text_width(&self.shape, SMALL)) + 28.0;
        let inside = self.inside.as_ref().map_or(Size::default(), |inside| Size {
            width: inside.layout.size.width + 2.0 * PADDING,
            height: inside.layout.size.height + 2.0 * PADDING,
        });
        Size { width: own.max(NARROWEST).max(inside.width).round(), height: HEAD + FOOT + inside.height.round() }
    }

    fn draw(&self, at: Point, svg: &mut String) {
        let Size { width, height } = self.size();
        let (colour, tint) = colours(self.kind);
        let (x, y, middle) = (at.x, at.y, at.x + width / 2.0);
        let ground = if self.inside.is_some() { "#f8fafc" } else { "#ffffff" };
        let right = x + width;
        let below = y + HEAD;
        let _ = writeln!(
            svg,
            "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\" fill=\"{ground}\"/>\
             <path d=\"M{x} {below}V{}a7 7 0 0 1 7 -7H{}a7 7 0 0 1 7 7V{below}z\" fill=\"{tint}\"/>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\" fill=\"none\" \
             stroke=\"{colour}\" stroke-width=\"1.3\"/>\
             <text x=\"{middle}\" y=\"{}\" fill=\"{TEXT}\"><tspan font-weight=\"bold\">{}</tspan>\
             <tspan fill=\"{colour}\" xml:space=\"preserve\"> ({})</tspan></text>\
             <text x=\"{middle}\" y=\"{}\" font-size=\"{SMALL}\" fill=\"{LABEL}\">{}</text></g>",
            y + 7.0,
            right - 7.0,
            y + HEAD / 2.0 + 4.5,
            escaped(&self.name),
            escaped(&self.class),
            below + FOOT / 2.0 + 4.0,
            escaped(&self.shape),
        );
        if let Some(inside) = &self.inside {
            let left = (width - inside.layout.size.width) / 2.0;
            inside.draw(Point { x: x + left, y: below + FOOT + PADDING }, svg);
        }
    }
}

/// Draws a line through points. It bends between ranks and is straight beside boxes.
fn draw_line(points: &[Point], origin: Point, svg: &mut String) {
    let mut points = points.iter().map(|point| Point { x: origin.x + point.x, y: origin.y + point.y });
    let Some(mut from) = points.next() else { return };
    let mut path = format!("M{:.1} {:.1}", from.x, from.y);
    for to in points {
        let half = (from.y + to.y) / 2.0;
        let _ = match (from.x - to.x).abs() < 0.5 {
            true => write!(path, "L{:.1} {:.1}", to.x, to.y),
            false => write!(path, "C{:.1} {half:.1} {:.1} {half:.1} {:.1} {:.1}", from.x, to.x, to.x, to.y),
        };
        from = to;
    }
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{EDGE}\" stroke-width=\"1.3\" marker-end=\"url(#arrow)\"/>"
    );
}

/// The colour of what a box stands for, and the tint behind the names.
fn colours(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Input => ("#475569", "#e9edf2"),
        Kind::Model => ("#334155", "#dfe5ec"),
        Kind::Layer(Some(LayerFamily::Pooling)) => ("#7c3aed", "#efe8fd"),
        Kind::Layer(Some(LayerFamily::Recurrent)) => ("#0e7490", "#def3f7"),
        Kind::Layer(Some(LayerFamily::Convolution)) => ("#047857", "#ddf3ea"),
        Kind::Layer(Some(LayerFamily::Normalization)) => ("#b45309", "#fcefd9"),
        Kind::Layer(Some(LayerFamily::Attention)) => ("#be185d", "#fce4ef"),
        Kind::Layer(Some(LayerFamily::Core)) => ("#0072b2", "#deeefa"),
        Kind::Layer(Some(LayerFamily::Merging)) => ("#c2410c", "#fde9dd"),
        Kind::Layer(_) => ("#64748b", "#f1f4f7"),
    }
}

/// The approximate width of a text, as the font is not known.
fn text_width(text: &str, size: f64) -> f64 {
    let of = |letter: char| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | '(' | ')' | '[' | ']' | ' ' | '/' => 0.38,
        'm' | 'w' | 'M' | 'W' => 0.92,
        letter if letter.is_ascii_uppercase() => 0.72,
        letter if letter.is_ascii() => 0.61,
        letter => 0.60 * letter.width().unwrap_or(0).max(1) as f64,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// Escapes a text for XML, and shows characters that XML does not allow or nobody would see.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use horn_nn::layers::{Add, Concatenate, Conv2D, Dense, Input, LSTM, ReLU};
    use horn_nn::{Apply, BuiltLayer, Conventions, Layer, LayerBuilder, Sequential, Shape};

    use super::*;

    /// A residual block and a nested model.
    fn model() -> Model {
        let (left, right) = (Input([8]).name("left"), Input([4]).name("right"));
        let inner = Dense(8).name("inner").apply(&left).unwrap();
        let sum = Add().name("sum").apply((&left, &inner)).unwrap();
        let side = Sequential::new().name("side").add(Input([4])).add(Dense(3)).add(ReLU().name("a<b>&\"c\""));
        let side = side.apply(&right).unwrap();
        let joined = Concatenate().name("joined").apply((&sum, &side)).unwrap();
        Model::new([&left, &right], &joined).unwrap().build(&Device::default()).unwrap()
    }

    #[test]
    fn each_layer_has_a_box_and_each_connection_a_line() {
        let model = model();
        let svg = ModelGraph::new(&model).svg();
        assert_eq!((svg.matches("<g>").count(), svg.matches("marker-end").count()), (6, 6));
        for text in [">left<", " (Add)<", ">(None, 11)<", ">side<", " (Sequential)<"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!svg.contains("a&lt;b"));
        let svg = ModelGraph::new(&model).expand_nested(true).svg();
        assert_eq!((svg.matches("<g>").count(), svg.matches("marker-end").count()), (9, 8));
        assert!(svg.contains("a&lt;b&gt;&amp;&quot;c&quot;"));
    }

    #[test]
    fn a_layer_that_feeds_itself_by_another_is_drawn() {
        let shared = Dense(4).name("shared").shared();
        let input = Input([4]);
        let once = shared.apply(&input).unwrap();
        let twice = shared.apply(ReLU().apply(&once).unwrap()).unwrap();
        let model = Model::new(&input, &twice).unwrap().build(&Device::default()).unwrap();
        let svg = ModelGraph::new(&model).svg();
        assert_eq!((svg.matches("<g>").count(), svg.matches("marker-end").count()), (3, 3));
    }

    /// A custom layer that says to which family it belongs.
    #[derive(Debug)]
    struct Own;

    impl Layer for Own {
        fn class_name(&self) -> &str {
            "DenseOwn"
        }

        fn output_shape(&self, input: &Shape) -> Result<Shape> {
            Ok(input.clone())
        }

        fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
            ReLU().build(input, build)
        }

        fn conventions(&self) -> Conventions {
            Conventions::default().family(LayerFamily::Pooling)
        }
    }

    #[test]
    fn boxes_are_coloured_by_family() {
        let device = Device::default();
        let layers = Sequential::new().add(Input([4, 4, 1])).add(Conv2D(2, 2)).add(Own).add(ReLU());
        let model = layers.build(&device).unwrap();
        let kinds: Vec<Kind> = Picture::new(&model, false).nodes.iter().map(|node| node.kind).collect();
        let of = |family| Kind::Layer(Some(family));
        let expected = [LayerFamily::Convolution, LayerFamily::Pooling, LayerFamily::Activation].map(of);
        assert_eq!(kinds, [&[Kind::Input][..], &expected].concat());
        let nested = Sequential::new().add(Input([3, 2])).add(LSTM(2)).add(Dense(1));
        let model = Sequential::new().add(Input([3, 2])).add(nested).build(&device).unwrap();
        assert_eq!(Picture::new(&model, false).nodes[1].kind, Kind::Model);
        assert_ne!(colours(of(LayerFamily::Convolution)), colours(of(LayerFamily::Pooling)));
    }
}
