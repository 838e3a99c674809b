//! What real Keras 3.15.1 prints for the same models.
use super::*;

fn row(name: &str, class_name: &str, shape: &str, params: usize) -> Row {
    Row {
        name: name.into(),
        class_name: class_name.into(),
        output_shape: Some(shape.into()),
        params: Some(params),
        trainable: (params > 0).then_some(true),
        ..Row::default()
    }
}

fn connected(row: Row, layers: &[&str]) -> Row {
    let connection = |layer: &&str| Connection { layer: layer.to_string(), ..Connection::default() };
    Row { connected_to: layers.iter().map(connection).collect(), ..row }
}

fn model(name: &str, rows: Vec<Row>) -> Summary {
    let trainable = rows.iter().filter_map(|row| row.params).sum();
    Summary { name: name.into(), rows, totals: Totals { trainable, ..Totals::default() }, ..Summary::default() }
}

fn mnist() -> Summary {
    let rows = vec![
        row("dense", "Dense", "(None, 128)", 100_480),
        row("dense_1", "Dense", "(None, 128)", 16_512),
        row("dense_2", "Dense", "(None, 128)", 16_512),
        row("dense_3", "Dense", "(None, 10)", 1_290),
    ];
    model("sequential", rows)
}

fn frozen() -> Summary {
    let mut summary = Summary { show_trainable: true, ..mnist() };
    summary.rows[0].trainable = Some(false);
    summary.totals = Totals { trainable: 34_314, non_trainable: 100_480, optimizer: Some(269_590) };
    summary
}

fn unbuilt(name: &str) -> Summary {
    let dense = Row { name: "the_unbuilt".into(), class_name: "Dense".into(), ..Row::default() };
    let dropout = Row { name: "dropout".into(), class_name: "Dropout".into(), params: Some(0), ..Row::default() };
    model(name, vec![dense, dropout])
}

fn long_named() -> Summary {
    let rows = vec![
        row("a_very_long_layer_name_that_cannot_fit_in_the_column_at_all", "Flatten", "(None, 784)", 0),
        row("short", "Dropout", "(None, 784)", 0),
        row("a layer with several words in it that wraps at the spaces", "Dense", "(None, 10)", 7850),
        row("softmax", "Softmax", "(None, 10)", 0),
    ];
    model("wide", rows)
}

fn two_inputs() -> Summary {
    let long = "dense_long_name_indeed_yes";
    let rows = vec![
        row("image", "InputLayer", "(None, 28, 28, 1)", 0),
        connected(row("flatten", "Flatten", "(None, 784)", 0), &["image"]),
        row("side", "InputLayer", "(None, 3)", 0),
        connected(row(long, "Dense", "(None, 7)", 5_495), &["flatten"]),
        connected(row("d2", "Dense", "(None, 7)", 28), &["side"]),
        connected(row("all_together", "Concatenate", "(None, 17)", 0), &[long, "d2", "side"]),
        connected(row("dense", "Dense", "(None, 58823)", 1_058_814), &["all_together"]),
    ];
    Summary { show_connections: true, ..model("two_inputs", rows) }
}

fn eight_axes() -> Summary {
    let shape = "(None, 4, 5, 6, 7, 8, 9, 10, 11)";
    let rows = vec![row("[b]x", "ReLU", shape, 0), row("activation", "Activation", shape, 0)];
    model(&"two words ".repeat(12), rows)
}

fn wide_characters() -> Summary {
    let rows = vec![
        row("数字の平均を取る層はとても長い", "GlobalAveragePooling2D", "(None, 1)", 0),
        row("dense_1", "Dense", "(None, 10)", 20),
    ];
    let summary = model(&"narrow".repeat(8), rows);
    Summary { totals: Totals { optimizer: Some(42), ..summary.totals }, ..summary }
}

#[test]
fn a_chain_of_layers() {
    let expected = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 128)            │       100,480 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 128)            │        16,512 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_2 (Dense)                 │ (None, 128)            │        16,512 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_3 (Dense)                 │ (None, 10)             │         1,290 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 134,794 (526.54 KB)
 Trainable params: 134,794 (526.54 KB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(mnist().render(80, false), expected);
}

#[test]
fn is_never_wider_than_keras() {
    let expected = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ dense (Dense)                        │ (None, 128)                 │         100,480 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense_1 (Dense)                      │ (None, 128)                 │          16,512 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense_2 (Dense)                      │ (None, 128)                 │          16,512 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense_3 (Dense)                      │ (None, 10)                  │           1,290 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 134,794 (526.54 KB)
 Trainable params: 134,794 (526.54 KB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(mnist().render(120, false), expected);
}

#[test]
fn a_frozen_layer_and_an_optimizer() {
    let expected = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ dense (Dense)               │ (None, 128)           │    100,480 │   N   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense_1 (Dense)             │ (None, 128)           │     16,512 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense_2 (Dense)             │ (None, 128)           │     16,512 │   Y   │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dense_3 (Dense)             │ (None, 10)            │      1,290 │   Y   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 404,384 (1.54 MB)
 Trainable params: 34,314 (134.04 KB)
 Non-trainable params: 100,480 (392.50 KB)
 Optimizer params: 269,590 (1.03 MB)"#;
    assert_eq!(frozen().render(80, false), expected);
}

#[test]
fn unbuilt_layers() {
    let expected = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ the_unbuilt (Dense)             │ ?                      │   0 (unbuilt) │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ ?                      │             0 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(unbuilt("sequential").render(80, false), expected);
}

#[test]
fn unbuilt_layers_in_a_narrow_column() {
    let expected = r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)                ┃ Output Shape          ┃    Param # ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━┩
│ the_unbuilt (Dense)         │ ?                     │          0 │   -   │
│                             │                       │  (unbuilt) │       │
├─────────────────────────────┼───────────────────────┼────────────┼───────┤
│ dropout (Dropout)           │ ?                     │          0 │   -   │
└─────────────────────────────┴───────────────────────┴────────────┴───────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(Summary { show_trainable: true, ..unbuilt("sequential") }.render(80, false), expected);
}

#[test]
fn no_layers() {
    let expected = r#"Model: "empty"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(model("empty", vec![]).render(80, false), expected);
}

#[test]
fn long_names() {
    let expected = r#"Model: "wide"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ a_very_long_layer_name_that_ca… │ (None, 784)            │             0 │
│ (Flatten)                       │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ short (Dropout)                 │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ a layer with several words in   │ (None, 10)             │         7,850 │
│ it that wraps at the spaces     │                        │               │
│ (Dense)                         │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ softmax (Softmax)               │ (None, 10)             │             0 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 7,850 (30.66 KB)
 Trainable params: 7,850 (30.66 KB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(long_named().render(80, false), expected);
}

#[test]
fn long_names_in_a_wide_terminal() {
    let expected = r#"Model: "wide"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)                          ┃ Output Shape                  ┃        Param # ┃ Traina… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ a_very_long_layer_name_that_cannot_f… │ (None, 784)                   │              0 │    -    │
│ (Flatten)                             │                               │                │         │
├───────────────────────────────────────┼───────────────────────────────┼────────────────┼─────────┤
│ short (Dropout)                       │ (None, 784)                   │              0 │    -    │
├───────────────────────────────────────┼───────────────────────────────┼────────────────┼─────────┤
│ a layer with several words in it that │ (None, 10)                    │          7,850 │    Y    │
│ wraps at the spaces (Dense)           │                               │                │         │
├───────────────────────────────────────┼───────────────────────────────┼────────────────┼─────────┤
│ softmax (Softmax)                     │ (None, 10)                    │              0 │    -    │
└───────────────────────────────────────┴───────────────────────────────┴────────────────┴─────────┘
 Total params: 7,850 (30.66 KB)
 Trainable params: 7,850 (30.66 KB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(Summary { show_trainable: true, ..long_named() }.render(120, false), expected);
}

#[test]
fn connections() {
    let expected = r#"Model: "two_inputs"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ image (InputLayer)  │ (None, 28, 28, 1) │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ flatten (Flatten)   │ (None, 784)       │          0 │ image[0][0]       │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ side (InputLayer)   │ (None, 3)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense_long_name_in… │ (None, 7)         │      5,495 │ flatten[0][0]     │
│ (Dense)             │                   │            │                   │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ d2 (Dense)          │ (None, 7)         │         28 │ side[0][0]        │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ all_together        │ (None, 17)        │          0 │ dense_long_name_… │
│ (Concatenate)       │                   │            │ d2[0][0],         │
│                     │                   │            │ side[0][0]        │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ dense (Dense)       │ (None, 58823)     │  1,058,814 │ all_together[0][… │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 1,064,337 (4.06 MB)
 Trainable params: 1,064,337 (4.06 MB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(two_inputs().render(80, false), expected);
}

#[test]
fn connections_in_a_wide_terminal() {
    let expected = r#"Model: "two_inputs"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)                 ┃ Output Shape             ┃          Param # ┃ Connected to            ┃ Trainable ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ image (InputLayer)           │ (None, 28, 28, 1)        │                0 │ -                       │     -     │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ flatten (Flatten)            │ (None, 784)              │                0 │ image[0][0]             │     -     │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ side (InputLayer)            │ (None, 3)                │                0 │ -                       │     -     │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ dense_long_name_indeed_yes   │ (None, 7)                │            5,495 │ flatten[0][0]           │     Y     │
│ (Dense)                      │                          │                  │                         │           │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ d2 (Dense)                   │ (None, 7)                │               28 │ side[0][0]              │     Y     │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ all_together (Concatenate)   │ (None, 17)               │                0 │ dense_long_name_indeed… │     -     │
│                              │                          │                  │ d2[0][0], side[0][0]    │           │
├──────────────────────────────┼──────────────────────────┼──────────────────┼─────────────────────────┼───────────┤
│ dense (Dense)                │ (None, 58823)            │        1,058,814 │ all_together[0][0]      │     Y     │
└──────────────────────────────┴──────────────────────────┴──────────────────┴─────────────────────────┴───────────┘
 Total params: 1,064,337 (4.06 MB)
 Trainable params: 1,064,337 (4.06 MB)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(Summary { show_trainable: true, ..two_inputs() }.render(120, false), expected);
}

#[test]
fn wrapped_shapes() {
    let expected = r#"Model: "two words two words two words two words two words two words two words 
two words two words two words two words two words "
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ [b]x (ReLU)                     │ (None, 4, 5, 6, 7, 8,  │             0 │
│                                 │ 9, 10, 11)             │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ activation (Activation)         │ (None, 4, 5, 6, 7, 8,  │             0 │
│                                 │ 9, 10, 11)             │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(eight_axes().render(80, false), expected);
}

#[test]
fn the_header_wraps_too() {
    let expected = r#"Model: "two words two words two words 
two words two words two words two words 
two words two words two words two words 
two words "
┏━━━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━┓
┃               ┃ Output   ┃ Param ┃
┃ Layer (type)  ┃ Shape    ┃     # ┃
┡━━━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━┩
│ [b]x (ReLU)   │ (None,   │     0 │
│               │ 4, 5, 6, │       │
│               │ 7, 8, 9, │       │
│               │ 10, 11)  │       │
├───────────────┼──────────┼───────┤
│ activation    │ (None,   │     0 │
│ (Activation)  │ 4, 5, 6, │       │
│               │ 7, 8, 9, │       │
│               │ 10, 11)  │       │
└───────────────┴──────────┴───────┘
 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)"#;
    assert_eq!(eight_axes().render(40, false), expected);
}

#[test]
fn hardly_any_room() {
    let expected = r#"Model: "two words two 
words two words two 
words two words two 
words two words two 
words two words two 
words two words two 
words "
┏━━━━━━━┳━━━━┳━━━┓
┃ Layer ┃ O… ┃ … ┃
┃ (typ… ┃ S… ┃ # ┃
┡━━━━━━━╇━━━━╇━━━┩
│ [b]x  │ (… │ 0 │
│ (ReL… │ 4, │   │
│       │ 5, │   │
│       │ 6, │   │
│       │ 7, │   │
│       │ 8, │   │
│       │ 9, │   │
│       │ 1… │   │
│       │ 1… │   │
├───────┼────┼───┤
│ acti… │ (… │ 0 │
│ (Act… │ 4, │   │
│       │ 5, │   │
│       │ 6, │   │
│       │ 7, │   │
│       │ 8, │   │
│       │ 9, │   │
│       │ 1… │   │
│       │ 1… │   │
└───────┴────┴───┘
 Total params: 0 (0.00
B)
 Trainable params: 0 
(0.00 B)
 Non-trainable params:
0 (0.00 B)"#;
    assert_eq!(eight_axes().render(22, false), expected);
}

#[test]
fn colours() {
    let mut summary = Summary { show_trainable: true, ..two_inputs() };
    summary.rows[3].trainable = Some(false);
    summary.totals = Totals { trainable: 1_058_842, non_trainable: 5_495, optimizer: None };
    let expected = "\
\x1b[1mModel: \"two_inputs\"\x1b[0m\n\
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━┓\n\
┃\x1b[1m \x1b[0m\x1b[1mLayer (type)     \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mOutput Shape   \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1m  Param #\x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mConnected to  \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mTrai…\x1b[0m\x1b[1m \x1b[0m┃\n\
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━┩\n\
│ image             │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m28\x1b[0m, \x1b[38;5;34m28\x1b[0m,  │         \x1b[38;5;34m0\x1b[0m │ -              │   \x1b[1m-\x1b[0m   │\n\
│ (\x1b[38;5;33mInputLayer\x1b[0m)      │ \x1b[38;5;34m1\x1b[0m)              │           │                │       │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ flatten (\x1b[38;5;33mFlatten\x1b[0m) │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m784\x1b[0m)     │         \x1b[38;5;34m0\x1b[0m │ image[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m]    │   \x1b[1m-\x1b[0m   │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ side (\x1b[38;5;33mInputLayer\x1b[0m) │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m3\x1b[0m)       │         \x1b[38;5;34m0\x1b[0m │ -              │   \x1b[1m-\x1b[0m   │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ dense_long_name_… │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m7\x1b[0m)       │     \x1b[38;5;34m5,495\x1b[0m │ flatten[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m]  │   \x1b[1;91mN\x1b[0m   │\n\
│ (\x1b[38;5;33mDense\x1b[0m)           │                 │           │                │       │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ d2 (\x1b[38;5;33mDense\x1b[0m)        │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m7\x1b[0m)       │        \x1b[38;5;34m28\x1b[0m │ side[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m]     │   \x1b[1;38;5;34mY\x1b[0m   │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ all_together      │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m17\x1b[0m)      │         \x1b[38;5;34m0\x1b[0m │ dense_long_na… │   \x1b[1m-\x1b[0m   │\n\
│ (\x1b[38;5;33mConcatenate\x1b[0m)     │                 │           │ d2[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m],      │       │\n\
│                   │                 │           │ side[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m]     │       │\n\
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤\n\
│ dense (\x1b[38;5;33mDense\x1b[0m)     │ (\x1b[38;5;45mNone\x1b[0m, \x1b[38;5;34m58823\x1b[0m)   │ \x1b[38;5;34m1,058,814\x1b[0m │ all_together[\x1b[38;5;34m…\x1b[0m │   \x1b[1;38;5;34mY\x1b[0m   │\n\
└───────────────────┴─────────────────┴───────────┴────────────────┴───────┘\n\
\x1b[1m Total params: \x1b[0m\x1b[38;5;34m1,064,337\x1b[0m (4.06 MB)\n\
\x1b[1m Trainable params: \x1b[0m\x1b[38;5;34m1,058,842\x1b[0m (4.04 MB)\n\
\x1b[1m Non-trainable params: \x1b[0m\x1b[38;5;34m5,495\x1b[0m (21.46 KB)";
    assert_eq!(summary.render(80, true), expected);
}

#[test]
fn colours_of_unbuilt_layers() {
    let expected = "\
\x1b[1mModel: \"u\"\x1b[0m\n\
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓\n\
┃\x1b[1m \x1b[0m\x1b[1mLayer (type)                   \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mOutput Shape          \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1m      Param #\x1b[0m\x1b[1m \x1b[0m┃\n\
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩\n\
│ the_unbuilt (\x1b[38;5;33mDense\x1b[0m)             │ ?                      │   \x1b[38;5;34m0\x1b[0m (unbuilt) │\n\
├─────────────────────────────────┼────────────────────────┼───────────────┤\n\
│ dropout (\x1b[38;5;33mDropout\x1b[0m)               │ ?                      │             \x1b[38;5;34m0\x1b[0m │\n\
└─────────────────────────────────┴────────────────────────┴───────────────┘\n\
\x1b[1m Total params: \x1b[0m\x1b[38;5;34m0\x1b[0m (0.00 B)\n\
\x1b[1m Trainable params: \x1b[0m\x1b[38;5;34m0\x1b[0m (0.00 B)\n\
\x1b[1m Non-trainable params: \x1b[0m\x1b[38;5;34m0\x1b[0m (0.00 B)";
    assert_eq!(unbuilt("u").render(80, true), expected);
}

#[test]
fn wide_characters_are_two_columns_each() {
    let expected = "\
\x1b[1mModel: \x1b[0m\n\
\x1b[1m\"narrownarrownarrownarrownarrownarrownar\x1b[0m\n\
\x1b[1mrownarrow\"\x1b[0m\n\
┏━━━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━┓\n\
┃\x1b[1m               \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mOutput  \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mParam\x1b[0m\x1b[1m \x1b[0m┃\n\
┃\x1b[1m \x1b[0m\x1b[1mLayer (type) \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1mShape   \x1b[0m\x1b[1m \x1b[0m┃\x1b[1m \x1b[0m\x1b[1m    #\x1b[0m\x1b[1m \x1b[0m┃\n\
┡━━━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━┩\n\
│ 数字の平均を… │ (\x1b[38;5;45mNone\x1b[0m,   │     \x1b[38;5;34m0\x1b[0m │\n\
│ (\x1b[38;5;33mGlobalAvera…\x1b[0m │ \x1b[38;5;34m1\x1b[0m)       │       │\n\
├───────────────┼──────────┼───────┤\n\
│ dense_1       │ (\x1b[38;5;45mNone\x1b[0m,   │    \x1b[38;5;34m20\x1b[0m │\n\
│ (\x1b[38;5;33mDense\x1b[0m)       │ \x1b[38;5;34m10\x1b[0m)      │       │\n\
└───────────────┴──────────┴───────┘\n\
\x1b[1m Total params: \x1b[0m\x1b[38;5;34m62\x1b[0m (248.00 B)\n\
\x1b[1m Trainable params: \x1b[0m\x1b[38;5;34m20\x1b[0m (80.00 B)\n\
\x1b[1m Non-trainable params: \x1b[0m\x1b[38;5;34m0\x1b[0m (0.00 B)\n\
\x1b[1m Optimizer params: \x1b[0m\x1b[38;5;34m42\x1b[0m (168.00 B)";
    assert_eq!(wide_characters().render(40, true), expected);
}

#[test]
fn memory_as_keras_writes_it() {
    let expected = [
        (0, "0.00 B"),
        (1, "4.00 B"),
        (255, "1020.00 B"),
        (256, "1.00 KB"),
        (288, "1.12 KB"),
        (257, "1.00 KB"),
        (262143, "1024.00 KB"),
        (262144, "1.00 MB"),
        (294912, "1.12 MB"),
        (1000000000, "3.73 GB"),
        (10000000000000, "36.38 TB"),
        (70368744177664, "256.00 TB"),
        (1 << 58, "1024.00 PB"),
    ];
    for (count, text) in expected {
        assert_eq!(memory(count), text, "{count}");
    }
}

#[test]
fn no_terminal_is_too_narrow() {
    for columns in 0..30 {
        let summary = Summary { show_trainable: true, ..two_inputs() };
        let text = summary.render(columns, false);
        let mut table = text.lines().filter(|line| "┏┃┡│├└".contains(line.chars().next().unwrap_or(' ')));
        assert!(table.clone().count() > 16 && table.all(|line| line.chars().count() == 31), "{columns}:\n{text}");
    }
}

#[test]
fn control_characters_do_not_break_the_table() {
    let summary = model("a\nb", vec![row("x\n\x1b[31my", "Dense", "(None, 1)", 2)]);
    let text = summary.to_string();
    assert!(text.starts_with("Model: \"a\\nb\"\n") && text.contains("│ x\\n\\u{1b}[31my (Dense)  "), "{text}");
}
